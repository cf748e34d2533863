// SPDX-License-Identifier: Apache-2.0
// How far a walk goes: to so many times the distance of the last of the nearest found, so that it goes on
// where a query has many nodes about as near, and ends early where it has few. (After "Distance Adaptive
// Beam Search for Provably Accurate Graph-Based Nearest Neighbor Search", Al-Jazzazi et al., 2025.)
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace vexfs::graph {

class Reach {
  public:
    // times 0: no end.
    void reset(size_t nearest, float times) {
        nearest_ = std::max<size_t>(nearest, 1);
        times_ = times;
        distance_ = std::numeric_limits<float>::infinity();
        heap_.clear();
    }
    // The distance of a node that was found. `estimate`, of the last of the nearest that are known of, stands
    // in for those found as long as they are too few.
    void found(float distance, float estimate) {
        if (times_ == 0) return;
        if (heap_.size() < nearest_) {
            heap_.push_back(distance);
        } else if (distance < heap_.front()) {
            std::ranges::pop_heap(heap_);
            heap_.back() = distance;
        } else {
            return;
        }
        std::ranges::push_heap(heap_);
        distance_ = times_ * (heap_.size() == nearest_ ? heap_.front() : estimate);
    }
    size_t nearest() const { return nearest_; }
    // Nodes that are farther are of no interest.
    float distance() const { return distance_; }

  private:
    size_t nearest_ = 1;
    float times_ = 0;
    float distance_ = 0;
    std::vector<float> heap_;  // the nearest found, the farthest of them first
};

}  // namespace vexfs::graph
