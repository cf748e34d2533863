// SPDX-License-Identifier: Apache-2.0
// AVX2 and FMA: eight floats at a time.
#include <immintrin.h>

#include <cstdint>

#include "engine/simd/families.h"

namespace vexfs::simd::avx2 {
namespace {

constexpr size_t lanes = 8;

struct Product {
    static __m256 add(__m256 sum, __m256 a, __m256 b) { return _mm256_fmadd_ps(a, b, sum); }
};

struct SquareOfDifference {
    static __m256 add(__m256 sum, __m256 a, __m256 b) {
        const __m256 difference = _mm256_sub_ps(a, b);
        return _mm256_fmadd_ps(difference, difference, sum);
    }
};

struct SizeOfDifference {
    static __m256 add(__m256 sum, __m256 a, __m256 b) {
        const __m256 sign = _mm256_set1_ps(-0.0F);
        return _mm256_add_ps(sum, _mm256_andnot_ps(sign, _mm256_sub_ps(a, b)));
    }
};

float sum_of_lanes(__m256 v) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

// The first `count` lanes: a window on eight ones followed by eight zeros.
__m256i first_lanes(size_t count) {
    alignas(32) static constexpr int32_t window[2 * lanes] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(window + lanes - count));
}

template <class Term>
float reduce(const float* a, const float* b, size_t dimension) {
    __m256 sum0 = _mm256_setzero_ps(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    size_t i = 0;
    for (; i + 4 * lanes <= dimension; i += 4 * lanes) {
        sum0 = Term::add(sum0, _mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i));
        sum1 = Term::add(sum1, _mm256_loadu_ps(a + i + lanes), _mm256_loadu_ps(b + i + lanes));
        sum2 = Term::add(sum2, _mm256_loadu_ps(a + i + 2 * lanes), _mm256_loadu_ps(b + i + 2 * lanes));
        sum3 = Term::add(sum3, _mm256_loadu_ps(a + i + 3 * lanes), _mm256_loadu_ps(b + i + 3 * lanes));
    }
    if (dimension - i >= 2 * lanes) {
        sum0 = Term::add(sum0, _mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i));
        sum1 = Term::add(sum1, _mm256_loadu_ps(a + i + lanes), _mm256_loadu_ps(b + i + lanes));
        i += 2 * lanes;
    }
    if (dimension - i >= lanes) {
        sum2 = Term::add(sum2, _mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i));
        i += lanes;
    }
    if (i < dimension) {
        const __m256i mask = first_lanes(dimension - i);
        sum3 = Term::add(sum3, _mm256_maskload_ps(a + i, mask), _mm256_maskload_ps(b + i, mask));
    }
    return sum_of_lanes(_mm256_add_ps(_mm256_add_ps(sum0, sum1), _mm256_add_ps(sum2, sum3)));
}

}  // namespace

const Kernels family = {Isa::avx2, reduce<Product>, reduce<SquareOfDifference>, reduce<SizeOfDifference>};

}  // namespace vexfs::simd::avx2
