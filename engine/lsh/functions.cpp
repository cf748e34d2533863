// SPDX-License-Identifier: Apache-2.0
#include "engine/lsh/functions.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "engine/codes/panel_distances.h"

namespace vexfs::lsh {
namespace {

class Normals {
  public:
    Normals(const codes::Int8Table& sample, Projection projection, uint64_t seed)
        : sample_(sample), projection_(projection), random_(seed) {}

    std::vector<float> draw() {
        std::vector<float> normal(sample_.dimension());
        if (projection_ == Projection::learned && sample_.count() > 1) {
            add_random(1, normal);
            add_random(-1, normal);
        } else {
            for (float& value : normal) value = variate_(random_);
        }
        return normal;
    }

  private:
    void add_random(float sign, std::vector<float>& to) {
        const size_t i = random_() % sample_.count();
        std::vector<float> vector(to.size());
        sample_.decode(i, vector.data());
        for (size_t k = 0; k < to.size(); ++k) to[k] += sign * vector[k];
    }

    const codes::Int8Table& sample_;
    Projection projection_;
    std::mt19937_64 random_;
    std::normal_distribution<float> variate_;
};

// Takes what `normal` has of the others away, and brings the rest to unit length; false where nothing is
// left.
bool orthonormalise(std::vector<float>& normal, std::span<const std::vector<float>> others) {
    const auto dot = simd::kernels().dot;
    const float before = dot(normal.data(), normal.data(), normal.size());
    for (const std::vector<float>& other : others) {
        const float product = dot(normal.data(), other.data(), normal.size());
        for (size_t k = 0; k < normal.size(); ++k) normal[k] -= product * other[k];
    }
    const float left = dot(normal.data(), normal.data(), normal.size());
    if (!(left > 1e-4F * before)) return false;
    for (float& value : normal) value /= std::sqrt(left);
    return true;
}

}  // namespace

Functions::Functions(const codes::Int8Table& sample, const LshParameters& parameters, size_t levels,
                     uint64_t seed)
    : levels_(levels),
      normals_(parameters.num_tables * levels, sample.dimension()),
      thresholds_(parameters.num_tables * levels) {
    constexpr size_t tries = 8;
    Normals normals(sample, parameters.projection_type, seed);
    for (size_t table = 0; table < parameters.num_tables; ++table) {
        std::vector<std::vector<float>> of_table;
        for (size_t level = 0; level < levels; ++level) {
            std::vector<float> normal = normals.draw();
            // As many at right angles as the data have directions; further ones as they come.
            for (size_t i = 0; i < tries && !orthonormalise(normal, of_table); ++i) normal = normals.draw();
            static_cast<void>(orthonormalise(normal, {}));
            normals_.set(table * levels + level, normal.data());
            of_table.push_back(std::move(normal));
        }
    }
    std::vector<uint32_t> all(sample.count());
    std::iota(all.begin(), all.end(), 0U);
    std::vector<std::vector<float>> margins(thresholds_.size(), std::vector<float>(all.size()));
    codes::for_distances(sample, all, normals_, 1, {}, [&](size_t i, const float* distances) {
        for (size_t function = 0; function < margins.size(); ++function)
            margins[function][i] = margin(function, sample.factors(i).norm, distances[function]);
    });
    for (size_t function = 0; function < margins.size() && !all.empty(); ++function) {
        const auto middle = margins[function].begin() + static_cast<ptrdiff_t>(all.size() / 2);
        std::nth_element(margins[function].begin(), middle, margins[function].end());
        thresholds_[function] = *middle;
    }
}

}  // namespace vexfs::lsh
