// SPDX-License-Identifier: Apache-2.0
// RobustPrune of "DiskANN" (Jayaram Subramanya et al., NeurIPS 2019): of candidates, those that lead in
// different directions.
#pragma once

#include <span>
#include <vector>

#include "engine/codes/int8.h"
#include "engine/graph/links.h"

namespace vexfs::graph {

class Pruner {
  public:
    explicit Pruner(const codes::Int8Table& table) : table_(table) {}

    // Sorts `candidates`, drops repeated ones and `node` itself, and keeps up to `count`: in passes with
    // rising alpha (on squared distances), nearest first, each one that no kept one is nearer to by alpha.
    // The result is nearest first within a pass; it is valid until the next call.
    std::span<const Link> prune(uint32_t node, std::vector<Link>& candidates, size_t count,
                                std::span<const float> alphas);

  private:
    const codes::Int8Table& table_;
    const simd::CodeKernels& kernels_ = simd::code_kernels();
    std::vector<Link> kept_;
    std::vector<codes::Int8Query> decoded_;  // of kept_
    struct State {
        size_t compared = 0;  // with the first so many of kept_
        float ratio = 0;      // greatest candidate.distance / distance(candidate, kept) so far
        bool taken = false;
    };
    std::vector<State> states_;
};

}  // namespace vexfs::graph
