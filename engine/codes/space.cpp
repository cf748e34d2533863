// SPDX-License-Identifier: Apache-2.0
#include "engine/codes/space.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <random>

#include "engine/base/parallel.h"
#include "engine/simd/codes.h"

namespace vexfs::codes {
namespace {

constexpr size_t rounds = 4;
constexpr size_t rotated_at_once = 32;  // vectors of which few lines are read beside those of the matrix
constexpr size_t coded_strip = 1'024;   // of one thread, a multiple of that
// Where a component is cut off, as multiples of the root mean square norm: only what training didn't see gets
// there, and its norm must stay finite.
constexpr float component_max = 1e6F;

size_t rounded_up(size_t value, size_t unit) {
    return (value + unit - 1) / unit * unit;
}

// Orthonormal rows by modified Gram-Schmidt from normal variates, rows >= columns; rows beyond the columns'
// number can't be orthogonal and are left zero. Column by column: [columns][rows].
std::vector<float> random_orthogonal(size_t rows, size_t columns, uint64_t seed) {
    std::mt19937_64 engine(seed);
    std::normal_distribution<double> normal;
    std::vector<std::vector<double>> basis;
    while (basis.size() < columns) {
        std::vector<double> row(columns);
        for (double& value : row) value = normal(engine);
        for (const auto& other : basis) {
            double product = 0;
            for (size_t i = 0; i < columns; ++i) product += row[i] * other[i];
            for (size_t i = 0; i < columns; ++i) row[i] -= product * other[i];
        }
        double squares = 0;
        for (const double value : row) squares += value * value;
        if (squares < 1e-12) continue;
        for (double& value : row) value /= std::sqrt(squares);
        basis.push_back(std::move(row));
    }
    std::vector<float> matrix(rows * columns);
    for (size_t i = 0; i < columns; ++i)
        for (size_t j = 0; j < columns; ++j) matrix[j * rows + i] = static_cast<float>(basis[i][j]);
    return matrix;
}

}  // namespace

Space::Space(size_t dimension, simd::Metric metric, size_t count, FunctionRef<const float*(size_t)> vector,
             uint64_t seed)
    : dimension_(dimension), metric_(metric), seed_(seed) {
    prepare();
    std::vector<double> sum(lifted_), squares(lifted_);
    std::vector<float> lifted(lifted_);
    if (metric_ == simd::Metric::dot) {
        for (size_t i = 0; i < count; ++i) {
            double norm = 0;
            for (size_t k = 0; k < dimension_; ++k) norm += double{vector(i)[k]} * vector(i)[k];
            const double representable = std::min(std::sqrt(norm), double{std::numeric_limits<float>::max()});
            norm_max_ = std::max(norm_max_, static_cast<float>(representable));
        }
    }
    for (size_t i = 0; i < count; ++i) {
        lift(vector(i), false, lifted.data());
        for (size_t k = 0; k < lifted_; ++k) {
            sum[k] += lifted[k];
            squares[k] += double{lifted[k]} * lifted[k];
        }
    }
    double spread = 0;  // mean squared distance to the mean
    for (size_t k = 0; k < lifted_; ++k) {
        const double mean = count > 0 ? sum[k] / static_cast<double>(count) : 0;
        mean_[k] = static_cast<float>(mean);
        if (count > 0) spread += squares[k] / static_cast<double>(count) - mean * mean;
    }
    unit_ = spread > 0 && std::isfinite(spread) ? static_cast<float>(1 / std::sqrt(spread)) : 1;
    if (!(unit_ > 0) || !std::isfinite(unit_)) unit_ = 1;
}

Space::Space(size_t dimension, simd::Metric metric, std::span<const float> mean, float unit, float norm_max,
             uint64_t seed)
    : dimension_(dimension), metric_(metric), seed_(seed) {
    prepare();
    assert(mean.size() == lifted_);
    mean_.assign(mean.begin(), mean.end());
    unit_ = unit;
    norm_max_ = norm_max;
}

size_t Space::coded_dimension(size_t dimension, simd::Metric metric) {
    const size_t lifted = dimension + (metric == simd::Metric::dot ? 1 : 0);
    return rounded_up(lifted, lifted <= dense_dimension_max ? 4 : 64);
}

void Space::prepare() {
    assert(metric_ != simd::Metric::manhattan);
    lifted_ = dimension_ + (metric_ == simd::Metric::dot ? 1 : 0);
    mean_.assign(lifted_, 0);
    coded_ = coded_dimension(dimension_, metric_);
    if (lifted_ <= dense_dimension_max) {
        matrix_ = random_orthogonal(coded_, lifted_, seed_);
        return;
    }
    signs_.resize(rounds * coded_);
    std::mt19937_64 engine(seed_);
    for (float& sign : signs_) sign = (engine() >> 63) != 0 ? 1.0F : -1.0F;
}

void Space::lift(const float* from, bool query, float* to) const {
    std::copy(from, from + dimension_, to);
    if (metric_ == simd::Metric::euclidean) return;
    const float squares = simd::kernels().dot(from, from, dimension_);
    if (metric_ == simd::Metric::cosine) {
        const float scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
        for (size_t i = 0; i < dimension_; ++i) to[i] *= scale;
    } else {
        // In double: the greatest norm's square may be beyond float.
        const double missing = std::max(double{norm_max_} * norm_max_ - squares, 0.0);
        to[dimension_] = query ? 0 : static_cast<float>(std::sqrt(missing));
    }
}

void Space::transform(const float* from, float* to) const {
    transform(
        1, [from](size_t) { return from; }, to);
}

void Space::transform(size_t count, FunctionRef<const float*(size_t)> vector, float* to) const {
    std::vector<float> lifted(std::min(count, rotated_at_once) * lifted_);
    for (size_t first = 0; first < count; first += rotated_at_once) {
        const size_t some = std::min(count - first, rotated_at_once);
        for (size_t i = 0; i < some; ++i) {
            lift(vector(first + i), false, &lifted[i * lifted_]);
            center(&lifted[i * lifted_]);
        }
        rotate(lifted.data(), some, to + first * coded_);
    }
}

void Space::transform_query(const float* from, float* to) const {
    std::vector<float> lifted(lifted_);
    lift(from, true, lifted.data());
    center(lifted.data());
    rotate(lifted.data(), 1, to);
}

void Space::center(float* lifted) const {
    for (size_t i = 0; i < lifted_; ++i)
        lifted[i] = std::clamp((lifted[i] - mean_[i]) * unit_, -component_max, component_max);
}

void Space::rotate(const float* from, size_t count, float* to) const {
    const simd::CodeKernels& kernels = simd::code_kernels();
    if (!matrix_.empty()) return kernels.matrix_product(matrix_.data(), coded_, lifted_, from, count, to);
    for (size_t i = 0; i < count; ++i, from += lifted_, to += coded_) {
        std::copy(from, from + lifted_, to);
        std::fill(to + lifted_, to + coded_, 0.0F);
        kernels.fast_rotation(signs_.data(), rounds, coded_, to);
    }
}

size_t Space::memory_bytes() const {
    return (mean_.size() + matrix_.size() + signs_.size()) * sizeof(float);
}

Int8Table int8_codes(const Space& space, size_t count, FunctionRef<const float*(size_t)> vector,
                     unsigned threads, const std::stop_token& stop) {
    Int8Table table(count, space.coded_dimension());
    parallel_for(threads, (count + coded_strip - 1) / coded_strip, [&](unsigned, size_t strip) {
        if (stop.stop_requested()) return;
        std::vector<float> transformed(rotated_at_once * space.coded_dimension());
        const size_t end = std::min(count, (strip + 1) * coded_strip);
        for (size_t first = strip * coded_strip; first < end; first += rotated_at_once) {
            const size_t some = std::min(end - first, rotated_at_once);
            space.transform(
                some, [&](size_t i) { return vector(first + i); }, transformed.data());
            for (size_t i = 0; i < some; ++i) table.set(first + i, &transformed[i * space.coded_dimension()]);
        }
    });
    return table;
}

}  // namespace vexfs::codes
