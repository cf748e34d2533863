// SPDX-License-Identifier: Apache-2.0
// An index over the rows of a collection, as the collection sees it: it covers the rows below indexed(), and
// is brought on in steps by background threads.
//
// Thread-safe. search() never waits for work().
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/base/result.h"
#include "engine/collection/row_table.h"
#include "engine/collection/schema.h"
#include "engine/index/hnsw.h"
#include "engine/paths/calibration.h"
#include "engine/storage/manifest.h"

namespace vexfs {

// How a step of work is to be done.
struct IndexWork {
    unsigned threads = 1;
    std::stop_token stop;  // ends the step early, its result given up
    bool all = false;      // work also where waiting for more rows would be cheaper
};

struct IndexQuery {
    const float* vector;  // [dimension]
    size_t limit;
    size_t ef;             // breadth where target_recall is 0 or nothing was measured
    double target_recall;  // for which settings that were measured are taken
    // Callables that outlive the query.
    FunctionRef<bool(uint32_t)> accept;  // whether a row may be found
    // Appends rows with their distances, as they are reported.
    FunctionRef<void(std::span<const uint32_t> rows, std::vector<Neighbour>& out)> compare;
    double share = 1;  // of the rows that live, those that `accept` takes, about; above 0
    // Where that is below 1, what walks may take, about.
    double budget_us = std::numeric_limits<double>::infinity();
};

class Index {
  public:
    virtual ~Index() = default;

    virtual uint32_t indexed() const = 0;
    // One step. False where there is nothing to do now.
    virtual bool work(const RowTable& rows, const IndexWork& work) = 0;
    // Whether nothing is left that work(all) would do for the rows it has.
    virtual bool settled() const = 0;
    // Rows that are written down nowhere, or better than what is.
    virtual uint32_t unsaved_rows() const = 0;

    struct Answer {
        size_t compared = 0;                    // rows
        paths::Path path = paths::Path::graph;  // of its largest part
        size_t ef = 0;  // about so many nodes were expanded in the largest walk; 0 where there was none
        bool complete = true;  // else a walk was ended by the budget
    };
    // Up to query.limit rows, nearest first, into `out`.
    virtual Answer search(const IndexQuery& query, std::vector<Neighbour>& out) const = 0;
    // What a search costs, about, from what was measured and the shares of rows; none where nothing was.
    virtual std::optional<double> expected_us(const IndexQuery& query) const = 0;
    // What for_recall() of its largest part says; all 0 where nothing was measured.
    virtual paths::CalibrationPoint calibration(double target_recall) const = 0;

    // Of the rows of a graph in its largest part; empty where there are none.
    virtual std::string_view layout() const { return {}; }

    virtual size_t memory_bytes() const = 0;

    // Writes down what isn't yet, each file to a path that `new_file` makes from nothing (a name in
    // `directory`), and returns all files of the index. `bulk` as with Disk::create_bulk().
    // By one thread at a time.
    virtual Result<std::vector<ManifestIndex>> save(Disk& disk, const std::string& directory,
                                                    const std::function<std::string()>& new_file,
                                                    bool bulk) = 0;
    // What was written down is damaged: the next save() writes all of it.
    virtual void forget_saved() = 0;
};

// An index for the schema, with what the files hold; where one can't be read, it begins anew from there and
// `problem` says why. Null for an algorithm without an index.
std::unique_ptr<Index> open_index(Disk& disk, const Schema& schema, const std::string& directory,
                                  const std::vector<ManifestIndex>& files, uint32_t rows,
                                  std::string& problem);

}  // namespace vexfs
