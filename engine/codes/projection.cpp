// SPDX-License-Identifier: Apache-2.0
#include "engine/codes/projection.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "engine/base/parallel.h"
#include "engine/simd/distance.h"

namespace vexfs::codes {
namespace {

constexpr size_t iterations = 4;
constexpr size_t strip_differences = 512;  // a strip of each component stays in the cache
constexpr size_t strip_vectors = 256;

// Rows of equal length, one behind the other.
struct Matrix {
    Matrix(size_t rows, size_t width) : columns(width), values(rows * width) {}
    size_t rows() const { return values.size() / columns; }
    float* row(size_t i) { return &values[i * columns]; }
    const float* row(size_t i) const { return &values[i * columns]; }

    size_t columns;
    std::vector<float> values;
};

// a times the transpose of b.
Matrix product(const Matrix& a, const Matrix& b, unsigned threads) {
    const auto dot = simd::kernels().dot;
    Matrix result(a.rows(), b.rows());
    parallel_for(threads, a.rows(), [&](unsigned, size_t i) {
        for (size_t j = 0; j < b.rows(); ++j) result.row(i)[j] = dot(a.row(i), b.row(j), a.columns);
    });
    return result;
}

Matrix transposed(const Matrix& from) {
    Matrix result(from.columns, from.rows());
    for (size_t i = 0; i < from.rows(); ++i)
        for (size_t j = 0; j < from.columns; ++j) result.row(j)[i] = from.row(i)[j];
    return result;
}

Matrix normal_variates(size_t rows, size_t columns, std::mt19937_64& random) {
    Matrix result(rows, columns);
    std::normal_distribution<float> normal;
    for (float& value : result.values) value = normal(random);
    return result;
}

Matrix covariance(size_t dimension, size_t count, FunctionRef<void(size_t, float*)> difference,
                  unsigned threads) {
    Matrix sum(dimension, dimension);
    for (size_t first = 0; first < count; first += strip_differences) {
        const size_t end = std::min(count, first + strip_differences);
        Matrix strip(end - first, dimension);
        for (size_t i = first; i < end; ++i) difference(i, strip.row(i - first));
        const Matrix components = transposed(strip);
        const Matrix products = product(components, components, threads);
        for (size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += products.values[i];
    }
    return sum;
}

// Modified Gram-Schmidt, of the rows. What depends on the rows before becomes zero.
void make_orthonormal(Matrix& rows) {
    const auto dot = simd::kernels().dot;
    for (size_t i = 0; i < rows.rows(); ++i) {
        float* row = rows.row(i);
        const float before = dot(row, row, rows.columns);
        for (size_t j = 0; j < i; ++j) {
            const float* other = rows.row(j);
            const float along = dot(row, other, rows.columns);
            for (size_t k = 0; k < rows.columns; ++k) row[k] -= along * other[k];
        }
        const float squares = dot(row, row, rows.columns);
        const float scale = squares > before * 1e-9F ? 1 / std::sqrt(squares) : 0;
        for (size_t k = 0; k < rows.columns; ++k) row[k] *= scale;
    }
}

}  // namespace

std::shared_ptr<const Projection> Projection::learn(size_t dimension, size_t kept_max, double share,
                                                    size_t count,
                                                    FunctionRef<void(size_t, float*)> difference,
                                                    uint64_t seed, unsigned threads) {
    kept_max = std::min(kept_max, dimension) / step * step;
    if (kept_max == 0) return nullptr;
    std::mt19937_64 random(seed);
    const Matrix of_all = covariance(dimension, count, difference, threads);
    Matrix basis = normal_variates(kept_max, dimension, random);
    for (size_t i = 0; i < iterations; ++i) {
        make_orthonormal(basis);
        basis = product(basis, of_all, threads);
    }
    make_orthonormal(basis);

    // The first rows are what the iteration would have found with so many alone.
    const Matrix along = product(basis, of_all, threads);
    double all = 0, within = 0;
    for (size_t i = 0; i < dimension; ++i) all += of_all.row(i)[i];
    size_t kept = 0;
    while (kept < kept_max && within < share * all) {
        for (const size_t end = kept + step; kept < end; ++kept)
            within += simd::kernels().dot(basis.row(kept), along.row(kept), dimension);
    }
    if (!(within > 0 && within >= share * all)) return nullptr;
    // They also have the greatest variances; none of any mixture has.
    basis.values.resize(kept * dimension);
    basis = product(normal_variates(kept, kept, random), transposed(basis), threads);
    make_orthonormal(basis);
    Int8Table codes(kept, dimension);
    for (size_t i = 0; i < kept; ++i) codes.set(i, basis.row(i));
    return std::make_shared<const Projection>(std::move(codes));
}

void Projection::apply(const Int8Query& vector, float* to) const {
    const simd::CodeKernels& kernels = simd::code_kernels();
    for (size_t i = 0; i < kept(); ++i)
        to[i] = vector.product(kernels, basis_.bytes(i), basis_.factors(i).scale);
}

Int8Table Projection::apply(const Int8Table& vectors, unsigned threads) const {
    Int8Table projected(vectors.count(), kept());
    parallel_for(threads, (vectors.count() + strip_vectors - 1) / strip_vectors, [&](unsigned, size_t strip) {
        Int8Query vector;
        std::vector<float> to(kept());
        const size_t end = std::min(vectors.count(), (strip + 1) * strip_vectors);
        for (size_t i = strip * strip_vectors; i < end; ++i) {
            vector.set(vectors.bytes(i), vectors.factors(i), vectors.dimension());
            apply(vector, to.data());
            projected.set(i, to.data());
        }
    });
    return projected;
}

}  // namespace vexfs::codes
