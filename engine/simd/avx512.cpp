// SPDX-License-Identifier: Apache-2.0
// AVX-512F: sixteen floats at a time. The tests compile this file a second time with the instructions
// emulated (VEXFS_SIMD_EMULATED, in a namespace of its own), to check it on machines that lack them.
#ifdef VEXFS_SIMD_EMULATED
#define VEXFS_SIMD_AVX512 avx512_emulated
#else
#include <immintrin.h>
#define VEXFS_SIMD_AVX512 avx512
#endif

#include "engine/simd/families.h"

namespace vexfs::simd::VEXFS_SIMD_AVX512 {
namespace {

constexpr size_t lanes = 16;

struct Product {
    static __m512 add(__m512 sum, __m512 a, __m512 b) { return _mm512_fmadd_ps(a, b, sum); }
};

struct SquareOfDifference {
    static __m512 add(__m512 sum, __m512 a, __m512 b) {
        const __m512 difference = _mm512_sub_ps(a, b);
        return _mm512_fmadd_ps(difference, difference, sum);
    }
};

struct SizeOfDifference {
    static __m512 add(__m512 sum, __m512 a, __m512 b) {
        return _mm512_add_ps(sum, _mm512_abs_ps(_mm512_sub_ps(a, b)));
    }
};

template <class Term>
float reduce(const float* a, const float* b, size_t dimension) {
    __m512 sum0 = _mm512_setzero_ps(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    size_t i = 0;
    for (; i + 4 * lanes <= dimension; i += 4 * lanes) {
        sum0 = Term::add(sum0, _mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i));
        sum1 = Term::add(sum1, _mm512_loadu_ps(a + i + lanes), _mm512_loadu_ps(b + i + lanes));
        sum2 = Term::add(sum2, _mm512_loadu_ps(a + i + 2 * lanes), _mm512_loadu_ps(b + i + 2 * lanes));
        sum3 = Term::add(sum3, _mm512_loadu_ps(a + i + 3 * lanes), _mm512_loadu_ps(b + i + 3 * lanes));
    }
    if (dimension - i >= 2 * lanes) {
        sum0 = Term::add(sum0, _mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i));
        sum1 = Term::add(sum1, _mm512_loadu_ps(a + i + lanes), _mm512_loadu_ps(b + i + lanes));
        i += 2 * lanes;
    }
    if (dimension - i >= lanes) {
        sum2 = Term::add(sum2, _mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i));
        i += lanes;
    }
    if (i < dimension) {
        const auto mask = static_cast<__mmask16>((1U << (dimension - i)) - 1);
        sum3 = Term::add(sum3, _mm512_maskz_loadu_ps(mask, a + i), _mm512_maskz_loadu_ps(mask, b + i));
    }
    return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sum0, sum1), _mm512_add_ps(sum2, sum3)));
}

}  // namespace

extern const Kernels family;  // families.h doesn't know the emulated one
const Kernels family = {Isa::avx512, reduce<Product>, reduce<SquareOfDifference>, reduce<SizeOfDifference>};

}  // namespace vexfs::simd::VEXFS_SIMD_AVX512
