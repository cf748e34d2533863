// SPDX-License-Identifier: Apache-2.0
// A query made ready for a metric: its distance to a vector, as it is reported (simd/distance.h). Not shared
// by threads that change it; distance() is thread-safe.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "engine/simd/distance.h"

namespace vexfs {

inline float norm_of(const float* vector, size_t dimension) {
    return std::sqrt(simd::kernels().dot(vector, vector, dimension));
}

class Query {
  public:
    // query: [dimension]
    Query(std::span<const float> query, simd::Metric metric)
        : vector_(query.begin(), query.end()), metric_(metric) {
        if (metric != simd::Metric::cosine) return;
        const float norm = norm_of(vector_.data(), vector_.size());
        if (norm > 0) {
            for (float& value : vector_) value /= norm;
        }
    }

    std::span<const float> vector() const { return vector_; }  // of length 1 for cosine
    // vector: [dimension], norm: its norm_of()
    float distance(const float* vector, float norm) const {
        const size_t dimension = vector_.size();
        switch (metric_) {
            case simd::Metric::cosine:
                return norm > 0 ? 1 - kernels_.dot(vector_.data(), vector, dimension) / norm : 1;
            case simd::Metric::euclidean:
                return std::sqrt(kernels_.euclidean_squared(vector_.data(), vector, dimension));
            case simd::Metric::dot: return -kernels_.dot(vector_.data(), vector, dimension);
            case simd::Metric::manhattan: return kernels_.manhattan(vector_.data(), vector, dimension);
        }
        return 0;
    }

  private:
    const simd::Kernels& kernels_ = simd::kernels();
    std::vector<float> vector_;
    simd::Metric metric_;
};

}  // namespace vexfs
