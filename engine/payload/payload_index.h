// SPDX-License-Identifier: Apache-2.0
// Which rows a filter takes, without a look at each row's metadata: columns of the fields that were filtered
// on, made when the first such filter comes and brought up to date by later ones, and the answers of filters
// that come again.
//
// All of it follows from the metadata in the log. Thread-safe; queries wait for each other only while a
// column that both need is made.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <roaring/roaring.hh>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/filter/filter.h"
#include "engine/payload/column.h"
#include "engine/payload/evaluate.h"

namespace vexfs::payload {

inline constexpr size_t columns_max = 32;
inline constexpr size_t answers_max = 128;
inline constexpr size_t answers_bytes_max = size_t{64} << 20;

// What became of the searches for the rows of a filter, for the choice of plans to come.
struct Experience {
    std::atomic<uint32_t> queries = 0;
    std::atomic<uint32_t> searches = 0;  // of the index
    std::atomic<double> cost_ratio = 1;  // of those, to what was expected of them
};

// The rows that a filter takes, of those below `rows` that were alive. Rows that died since may be among
// them.
struct Answer {
    Roaring taken;
    uint64_t count = 0;
    uint32_t rows = 0;
    uint64_t changes = 0;  // of metadata that were known of
    std::shared_ptr<Experience> experience;
};

class PayloadIndex {
  public:
    // The metadata of a row, none where it is dead. Called by several threads at once.
    using Metadata = FunctionRef<std::optional<std::string_view>(uint32_t row)>;

    // Of the rows below `rows`, all written, and perhaps some behind them.
    std::shared_ptr<const Answer> answer(const Filter& filter, uint32_t rows, Metadata metadata,
                                         unsigned threads);

    // The row's metadata were replaced; to be called after that, and before it is acknowledged.
    void changed(uint32_t row);

    size_t memory_bytes() const;
    size_t columns() const;

  private:
    template <class Kept>
    struct Stamped {
        Kept kept;
        uint64_t used = 0;
    };
    struct Field {
        std::shared_ptr<const Column> column;
        uint32_t rows = 0;     // that it covers
        uint64_t changes = 0;  // that it knows of
    };
    using Fields = std::map<Path, Field>;

    // Under mutex_.
    std::optional<std::vector<uint32_t>> changed_since(uint64_t changes) const;
    uint64_t changes() const { return changes_begin_ + changes_.size(); }
    void keep(const std::string& filter, const std::shared_ptr<const Answer>& answer);

    std::shared_ptr<const Answer> kept(const Filter& filter, uint32_t rows, Metadata metadata);
    std::shared_ptr<const Answer> evaluated(const Filter& filter, const std::set<Path>& paths, uint32_t rows,
                                            Metadata metadata, unsigned threads);
    // Good columns of these fields, made where there are none.
    Fields fields(const std::set<Path>& paths, uint32_t rows, Metadata metadata, unsigned threads);
    // Those that lag by no more than can be looked at row by row; their changes are all known.
    std::optional<Field> good_field(const Path& path, uint32_t rows);

    mutable std::mutex mutex_;
    std::map<Path, Stamped<Field>> fields_;
    std::map<std::string, Stamped<std::shared_ptr<const Answer>>> answers_;
    size_t answers_bytes_ = 0;
    uint64_t stamp_ = 0;
    uint64_t changes_begin_ = 0;     // how many were forgotten
    std::vector<uint32_t> changes_;  // rows, in the order of their changes

    std::mutex making_mutex_;  // of who makes columns
};

}  // namespace vexfs::payload
