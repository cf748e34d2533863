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

    // Nearest first, without repeated ones and `node` itself.
    void sort(uint32_t node, std::vector<Link>& candidates);
    // Keeps up to `count` of sorted candidates: in passes with rising alpha (on squared distances), nearest
    // first, each one that no kept one is nearer to by alpha. The result is nearest first within a pass; it is
    // valid until the next call.
    std::span<const Link> prune(std::span<const Link> candidates, size_t count, std::span<const float> alphas);

  private:
    const codes::Int8Table& table_;
    const simd::CodeKernels& kernels_ = simd::code_kernels();
    std::vector<uint64_t> keys_;  // of candidates
    std::vector<uint32_t> nodes_;
    codes::Int8Block block_;      // of nodes_
    std::vector<float> between_;  // [nodes_], from the one kept last
    std::vector<float> least_;    // [nodes_], from any that is kept
    std::vector<uint8_t> taken_;  // [nodes_]
    std::vector<Link> kept_;
};

}  // namespace vexfs::graph
