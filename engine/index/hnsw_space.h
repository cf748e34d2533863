// SPDX-License-Identifier: Apache-2.0
// The form in which a graph keeps vectors, and the distance between two in that form.
//
// Cosine keeps vectors at unit length, so that its distance is that of dot. Inside, euclidean distances are
// squared and cosine's lack their constant 1: cheaper, and ordered alike. reported() makes the metric's
// value. Vectors are padded with zeros to whole registers, which changes none of the metrics.
#pragma once

#include <cmath>
#include <cstddef>

#include "engine/simd/distance.h"

namespace vexfs::hnsw {

class Distance {
  public:
    Distance(float (*kernel)(const float*, const float*, size_t), float sign, size_t floats)
        : kernel_(kernel), sign_(sign), floats_(floats) {}
    float operator()(const float* a, const float* b) const { return sign_ * kernel_(a, b, floats_); }

  private:
    float (*kernel_)(const float*, const float*, size_t);
    float sign_;
    size_t floats_;
};

class Space {
  public:
    Space(size_t dimension, simd::Metric metric) : dimension_(dimension), metric_(metric) {}

    size_t dimension() const { return dimension_; }
    simd::Metric metric() const { return metric_; }
    size_t padded_dimension() const { return (dimension_ + 7) / 8 * 8; }

    // By the kernels that are in use now.
    Distance distance() const {
        const simd::Kernels& kernels = simd::kernels();
        switch (metric_) {
            case simd::Metric::euclidean: return {kernels.euclidean_squared, 1, padded_dimension()};
            case simd::Metric::manhattan: return {kernels.manhattan, 1, padded_dimension()};
            case simd::Metric::cosine:
            case simd::Metric::dot: break;
        }
        return {kernels.dot, -1, padded_dimension()};
    }

    // from: [dimension]; to: [padded_dimension].
    void prepare(const float* from, float* to) const {
        double scale = 1;
        if (metric_ == simd::Metric::cosine) {
            double squares = 0;
            for (size_t i = 0; i < dimension_; ++i) squares += double{from[i]} * double{from[i]};
            scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
        }
        for (size_t i = 0; i < dimension_; ++i) to[i] = static_cast<float>(from[i] * scale);
        for (size_t i = dimension_; i < padded_dimension(); ++i) to[i] = 0;
    }

    float reported(float distance) const {
        if (metric_ == simd::Metric::cosine) return 1 + distance;
        if (metric_ == simd::Metric::euclidean) return std::sqrt(distance);
        return distance;
    }

  private:
    size_t dimension_;
    simd::Metric metric_;
};

}  // namespace vexfs::hnsw
