// SPDX-License-Identifier: Apache-2.0
// Links inside a leaf of a partition: each point's nearest by exhaustive comparison, pruned by looking the
// distances up.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/codes/int8.h"
#include "engine/graph/links.h"

namespace vexfs::graph {

inline constexpr size_t leaf_links_max = 10;  // kept of each point

class Leaf {
  public:
    // Computes all distances between `members`.
    void measure(const codes::Int8Table& table, const std::vector<uint32_t>& members);
    // The links of the i-th member, nearest first: up to leaf_links_max.
    size_t links_of(size_t i, std::array<Link, leaf_links_max>& links);

  private:
    const std::vector<uint32_t>* members_ = nullptr;
    codes::Int8Block block_;
    size_t stride_ = 0;
    size_t room_ = 0;  // distances
    AnonymousMemory memory_;
    float* distances_ = nullptr;  // [members][stride_], in memory_
    std::vector<uint32_t> below_;
    std::vector<uint64_t> nearest_;  // links as numbers, nodes by their place in the leaf
};

}  // namespace vexfs::graph
