// SPDX-License-Identifier: Apache-2.0
// The values of one metadata field, each with the rows that have it, in the order of filter::compare(): so
// that an equality is a search for one value and a range is a run of them. Rows of a common value are a
// compressed bitmap (CRoaring; Lemire et al., "Roaring Bitmaps: Implementation of an Optimized Software
// Library", 2018); those of rare ones lie side by side, as in a sorted column.
//
// Immutable once made; read by any number of threads.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <roaring/roaring.hh>
#include <span>
#include <utility>
#include <vector>

#include "engine/filter/node.h"

namespace vexfs::payload {

class Column {
  public:
    struct Entry {
        nlohmann::json value;
        uint32_t row;
    };
    // What is known of a field besides what `before` says, which may be null: `entries` in any order, also
    // one twice; `exist` are the rows where its path leads to a value; of the rows in `gone`, nothing is
    // taken over.
    Column(std::vector<Entry> entries, const Roaring& exist, const Column* before, const Roaring& gone);

    // Rows that have one of the values, which are sorted by filter::compare().
    Roaring any_of(std::span<const nlohmann::json> values) const;
    Roaring compared(Filter::Node::Comparison comparison, const nlohmann::json& with) const;
    Roaring between(const nlohmann::json& low, const nlohmann::json& high) const;  // both included
    const Roaring& exist() const { return exist_; }

    size_t values() const { return values_.size(); }
    size_t memory_bytes() const { return memory_bytes_; }

  private:
    void append(nlohmann::json value, std::vector<uint32_t> rows);
    void take_rows(size_t value, std::vector<uint32_t>& rows) const;
    // Of the values from the first to before the end.
    Roaring rows_of(size_t first, size_t end) const;
    size_t lower_bound(const nlohmann::json& value) const;
    size_t upper_bound(const nlohmann::json& value) const;

    std::vector<nlohmann::json> values_;
    std::vector<uint64_t> starts_{
        0};  // of the rows of each value in rows_, none for a common one; and the end
    std::vector<uint32_t> rows_;
    std::vector<std::pair<uint32_t, Roaring>> common_;  // by value
    Roaring exist_;
    size_t memory_bytes_ = 0;
};

}  // namespace vexfs::payload
