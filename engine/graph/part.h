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
#include "engine/paths/part.h"

namespace vexfs {
class ChecksummedReader;
}

namespace vexfs::graph {

using paths::RowRange;

struct PartOptions {
    HnswParameters parameters;
    unsigned threads = 1;
    std::stop_token stop;
};

class Part final : public paths::Part {
  public:
    // Over `rows`, all of `range`, whose vectors ([dimension]) `vector` gives. Null when it was stopped.
    static std::unique_ptr<Part> build(size_t dimension, simd::Metric metric, RowRange range,
                                       std::vector<uint32_t> rows, FunctionRef<const float*(uint32_t)> vector,
                                       const PartOptions& options);
    // The same rows with refined links.
    std::unique_ptr<paths::Part> refine(FunctionRef<const float*(uint32_t)> vector,
                                        const paths::PartWork& work) const override;

    RowRange range() const override { return range_; }
    size_t nodes() const override { return rows_.size(); }
    bool refined() const override { return refined_; }
    size_t memory_bytes() const override;
    const paths::Calibration& calibration() const override { return paths_.calibration; }
    std::string_view layout() const override {
        if (graph_.projection()) return "projected";
        return name_of(graph_.layout().bits > 0 ? GraphLayout::fast : GraphLayout::compact);
    }
    // A graph that is not refined yet needs more nodes for the recall that is expected of a breadth.
    paths::Setting setting_of(uint32_t breadth) const override {
        return paths_.calibration.walk(refined_ ? breadth : breadth * 3 / 2);
    }

    // The `wanted` nearest by int8 distance, nearest first; distances of different parts can't be compared.
    size_t search(const float* query, const paths::Setting& setting, size_t wanted,
                  const paths::Selection& selection, std::vector<uint32_t>& rows) const override;

    Result<void> save(const std::string& path, Disk& disk = posix_disk(), bool bulk = false) const override;
    // Corrupt for a damaged file, and no number in it is trusted; one that was built with other parameters is
    // invalid_argument.
    static Result<std::unique_ptr<Part>> load(const std::string& path, size_t dimension, simd::Metric metric,
                                              const HnswParameters& parameters, Disk& disk = posix_disk());

  private:
    static Result<std::unique_ptr<Part>> read(ChecksummedReader& file, const std::string& path,
                                              size_t dimension, simd::Metric metric,
                                              const HnswParameters& parameters);
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
