// SPDX-License-Identifier: Apache-2.0
// The hash functions of locality-sensitive hashing: each tells on which side of a hyperplane a vector lies
// (Charikar, "Similarity Estimation Techniques from Rounding Algorithms", STOC 2002).
//
// A hyperplane halves a sample of the data. Its normal is drawn at random, or learned: from the differences
// of the sample's own vectors, so that it cuts more often across the directions in which they vary, the
// normals of a table at right angles to each other (after Gong & Lazebnik, "Iterative Quantization", CVPR
// 2011).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/codes/int8.h"
#include "engine/collection/schema.h"

namespace vexfs::lsh {

class Functions {
  public:
    // `levels` functions for each table. Depends on nothing but its arguments.
    Functions(const codes::Int8Table& sample, const LshParameters& parameters, size_t levels, uint64_t seed);
    // As they were written down.
    Functions(size_t levels, codes::Int8Table normals, std::vector<float> thresholds)
        : levels_(levels), normals_(std::move(normals)), thresholds_(std::move(thresholds)) {}

    size_t levels() const { return levels_; }
    size_t tables() const { return levels_ == 0 ? 0 : thresholds_.size() / levels_; }
    const codes::Int8Table& normals() const { return normals_; }  // [tables * levels]
    std::span<const float> thresholds() const { return thresholds_; }
    size_t memory_bytes() const { return thresholds_.size() * (normals_.dimension() + 3 * sizeof(float)); }

    // How far a vector of the squared norm lies behind a hyperplane, negative on its other side; `distance`
    // is its squared distance to the normal.
    float margin(size_t function, float vector_norm, float distance) const {
        return (vector_norm + normals_.factors(function).norm - distance) / 2 - thresholds_[function];
    }

  private:
    size_t levels_;
    codes::Int8Table normals_;
    std::vector<float> thresholds_;
};

}  // namespace vexfs::lsh
