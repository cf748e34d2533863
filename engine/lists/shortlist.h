// SPDX-License-Identifier: Apache-2.0
// The nearest of many nodes by estimated distance, in no order.
//
// Nodes below a threshold are collected, a chunk at a time and so without a branch for each, and when twice
// as many as wanted are there a new threshold is found by counting: one pass puts the estimates into equal
// buckets, which is several times as fast as a partial sort.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "engine/simd/codes.h"

namespace vexfs::lists {

class Shortlist {
  public:
    static constexpr size_t chunk_nodes = 2048;

    void reset(size_t wanted);

    // estimates, nodes: [count], chunk_nodes at most.
    void add(const float* estimates, const uint32_t* nodes, size_t count);
    // Leaves about as many as were wanted, not fewer unless there are.
    void finish() {
        if (count_ > wanted_) cut();
    }

    std::span<const uint32_t> nodes() const { return {nodes_.data(), count_}; }

  private:
    void cut();
    std::optional<float> counted_threshold() const;
    void keep_below(float threshold);
    void keep_least();

    size_t wanted_ = 0, capacity_ = 0, count_ = 0;
    float threshold_ = std::numeric_limits<float>::infinity();
    std::vector<float> estimates_;
    std::vector<uint32_t> nodes_;
    std::vector<uint32_t> kept_;
    std::vector<float> sorted_;
};

}  // namespace vexfs::lists
