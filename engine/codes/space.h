// SPDX-License-Identifier: Apache-2.0
// The space in which codes are made: vectors so changed that the squared Euclidean distance orders them as
// the metric does, that their components are alike, and that numbers are about 1.
//
//   cosine     vectors are brought to unit length
//   dot        a component sqrt(M^2 - |x|^2) is added, 0 in queries, M the greatest norm seen at training
//              (Bachrach et al., "Speeding up the Xbox recommender system", RecSys 2014)
//   all        the mean is taken away, the rest divided by its root mean square norm and rotated at random:
//              by a dense orthogonal matrix up to dense_dimension_max, by signs, fast Hadamard transforms and
//              a Kac step above
//
// Manhattan distance has no such space. Thread-safe; unchanged once made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/codes/int8.h"
#include "engine/simd/distance.h"

namespace vexfs::codes {

inline constexpr size_t dense_dimension_max = 256;

class Space {
  public:
    // Learns mean, scale and greatest norm from `count` vectors ([dimension] each).
    Space(size_t dimension, simd::Metric metric, size_t count, FunctionRef<const float*(size_t)> vector,
          uint64_t seed);

    simd::Metric metric() const { return metric_; }
    size_t dimension() const { return dimension_; }
    size_t coded_dimension() const { return coded_; }  // a multiple of 4
    static size_t coded_dimension(size_t dimension, simd::Metric metric);

    // from: [dimension], to: [coded_dimension].
    void transform(const float* from, float* to) const;
    // Of `count` vectors, each asked for once and used before the next, to: [count][coded_dimension].
    void transform(size_t count, FunctionRef<const float*(size_t)> vector, float* to) const;
    void transform_query(const float* from, float* to) const;

    size_t memory_bytes() const;
    // All there is of it, to be written down and read again.
    uint64_t seed() const { return seed_; }
    std::span<const float> mean() const { return mean_; }
    float unit() const { return unit_; }
    float norm_max() const { return norm_max_; }
    Space(size_t dimension, simd::Metric metric, std::span<const float> mean, float unit, float norm_max,
          uint64_t seed);

  private:
    void prepare();
    void lift(const float* from, bool query, float* to) const;  // to: [lifted_]
    void center(float* lifted) const;
    void rotate(const float* from, size_t count, float* to) const;

    size_t dimension_;
    simd::Metric metric_;
    size_t lifted_;  // dimension, and one for dot
    size_t coded_;
    uint64_t seed_;
    std::vector<float> mean_;  // [lifted_]
    float unit_ = 1;           // what components are multiplied with
    float norm_max_ = 0;
    std::vector<float> matrix_;  // dense: [lifted_][coded_]
    std::vector<float> signs_;   // above: [rounds][coded_]
};

// Codes of `count` vectors in a space, which is not finished where it was stopped.
Int8Table int8_codes(const Space& space, size_t count, FunctionRef<const float*(size_t)> vector,
                     unsigned threads, const std::stop_token& stop);

}  // namespace vexfs::codes
