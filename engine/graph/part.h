// SPDX-License-Identifier: Apache-2.0
// A part of a collection's index: the graph over the rows of a range, the space of its codes, and where a
// scan or lists of sketches are better for some recall, these.
//
// Immutable once made; searched by any number of threads. A part is built with the links that leaves give,
// and can be made anew with refined ones, which take longer and lead to the same recall with fewer hops.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/base/result.h"
#include "engine/collection/schema.h"
#include "engine/graph/build.h"
#include "engine/graph/calibration.h"
#include "engine/graph/graph.h"
#include "engine/storage/disk.h"

namespace vexfs::graph {

struct RowRange {
    uint32_t first = 0, end = 0;
    uint32_t count() const { return end - first; }
};

struct PartOptions {
    HnswParameters parameters;
    unsigned threads = 1;
    std::stop_token stop;
};

class Part {
  public:
    // Over `rows`, all of `range`, whose vectors ([dimension]) `vector` gives. Null when it was stopped.
    static std::unique_ptr<Part> build(size_t dimension, simd::Metric metric, RowRange range,
                                       std::vector<uint32_t> rows, FunctionRef<const float*(uint32_t)> vector,
                                       const PartOptions& options);
    // The same rows with refined links; `vector` gives those of rows, null for one that is gone. Null when it
    // was stopped.
    std::unique_ptr<Part> refine(FunctionRef<const float*(uint32_t)> vector,
                                 const PartOptions& options) const;

    RowRange range() const { return range_; }
    size_t nodes() const { return rows_.size(); }
    bool refined() const { return refined_; }
    size_t memory_bytes() const;
    const paths::Calibration& calibration() const { return paths_.calibration; }

    // The `wanted` nearest rows that `accept` takes among those that a search comes upon, by int8 distance,
    // nearest first; distances of different parts can't be compared. Returns how many nodes were looked at.
    size_t search(const float* query, const paths::Setting& setting, size_t wanted,
                  FunctionRef<bool(uint32_t)> accept, std::vector<uint32_t>& rows) const;

    // One checksummed file, written and synced (`bulk` as with Disk::create_bulk()); the caller renames.
    // load() is corrupt for a damaged file and trusts no number in it; one that was built with other
    // parameters is invalid_argument.
    Result<void> save(const std::string& path, Disk& disk = posix_disk(), bool bulk = false) const;
    static Result<std::unique_ptr<Part>> load(const std::string& path, size_t dimension, simd::Metric metric,
                                              const HnswParameters& parameters, Disk& disk = posix_disk());

  private:
    Part(RowRange range, std::vector<uint32_t> rows, std::shared_ptr<const codes::Space> space, Graph graph,
         AccessPaths paths, const HnswParameters& parameters, bool refined);

    RowRange range_;
    std::vector<uint32_t> rows_;  // of each node
    std::shared_ptr<const codes::Space> space_;
    Graph graph_;
    AccessPaths paths_;
    HnswParameters parameters_;  // it was built with
    bool refined_;
};

}  // namespace vexfs::graph
