// SPDX-License-Identifier: Apache-2.0
// AVX2 with F16C: thirty-two bytes at a time.
#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <utility>

#include "engine/base/float16.h"
#include "engine/simd/families.h"

namespace vexfs::simd::avx2 {

#include "engine/simd/encode.inc"
#include "engine/simd/plain.inc"
#include "engine/simd/sketch.inc"

namespace {

__m256i load(const void* from) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

int32_t sum_of(__m256i values) {
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1)));
}

int32_t int8_product(const uint8_t* bytes, const int8_t* query, size_t dimension) {
    __m256i sum = _mm256_setzero_si256();
    for (size_t i = 0; i < dimension; i += 32) {
        const __m256i codes = load(bytes + i), values = load(query + i);
        const auto add_half = [&](__m128i of_codes, __m128i of_values) {
            sum = _mm256_add_epi32(
                sum, _mm256_madd_epi16(_mm256_cvtepu8_epi16(of_codes), _mm256_cvtepi8_epi16(of_values)));
        };
        add_half(_mm256_castsi256_si128(codes), _mm256_castsi256_si128(values));
        add_half(_mm256_extracti128_si256(codes, 1), _mm256_extracti128_si256(values, 1));
    }
    return sum_of(sum);
}

// Sums of one plane over all groups: 16 bits for each of the codes 0 to 15 and 16 to 31.
struct PlaneSums {
    __m256i low, high;
};

// The sums in both lanes of `all` (even and odd codes mixed in 16 bits) and `odd` (of odd codes), added up
// and put in order.
__m256i merge_lanes(__m256i all, __m256i odd) {
    const __m256i even = _mm256_sub_epi16(all, _mm256_slli_epi16(odd, 8));
    const auto add_lanes = [](__m256i lanes) {
        return _mm_add_epi16(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
    };
    const __m128i evens = add_lanes(even), odds = add_lanes(odd);
    return _mm256_set_m128i(_mm_unpackhi_epi16(evens, odds), _mm_unpacklo_epi16(evens, odds));
}

template <unsigned bits>
PlaneSums sum_plane(const uint8_t* nibbles, const uint8_t* table, size_t groups) {
    const __m256i mask = _mm256_set1_epi8(15), zero = _mm256_setzero_si256();
    __m256i low = zero, low_odd = zero, high = zero, high_odd = zero;
    for (size_t group = 0; group < groups;) {
        const size_t end = std::min(groups, group + 2 * added_in_bytes(bits));
        __m256i of_low = zero, of_high = zero;
        for (; group < end; group += 2) {
            const __m256i codes = load(nibbles + group * 16), values = load(table + group * 16);
            of_low = _mm256_add_epi8(of_low, _mm256_shuffle_epi8(values, _mm256_and_si256(codes, mask)));
            of_high = _mm256_add_epi8(
                of_high, _mm256_shuffle_epi8(values, _mm256_and_si256(_mm256_srli_epi16(codes, 4), mask)));
        }
        low = _mm256_add_epi16(low, of_low);
        low_odd = _mm256_add_epi16(low_odd, _mm256_srli_epi16(of_low, 8));
        high = _mm256_add_epi16(high, of_high);
        high_odd = _mm256_add_epi16(high_odd, _mm256_srli_epi16(of_high, 8));
    }
    return {merge_lanes(low, low_odd), merge_lanes(high, high_odd)};
}

uint32_t estimate(const BlockQuery& query, const uint8_t* block, float base, float below, float* out) {
    PlaneSums sums = query.bits == 2 ? sum_plane<2>(block, query.table, query.groups)
                                     : sum_plane<1>(block, query.table, query.groups);
    if (query.bits == 2) {
        const PlaneSums upper = sum_plane<2>(block + query.groups * 16, query.table, query.groups);
        sums.low = _mm256_add_epi16(sums.low, _mm256_slli_epi16(upper.low, 1));
        sums.high = _mm256_add_epi16(sums.high, _mm256_slli_epi16(upper.high, 1));
    }
    const uint8_t* factors = block + query.bits * query.groups * 16;
    const __m256 step = _mm256_set1_ps(query.step), offset = _mm256_set1_ps(query.offset);
    const __m256 bases = _mm256_set1_ps(base), limit = _mm256_set1_ps(below);
    const auto halves = [&](size_t at) {
        return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(factors + at)));
    };
    uint32_t mask = 0;
    const auto finish = [&](__m128i of_eight, size_t first) {
        const __m256 products =
            _mm256_fmadd_ps(_mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(of_eight)), step, offset);
        const __m256 f_add = halves(first * 2), f_res = halves(64 + first * 2);
        const __m256 values = _mm256_fmadd_ps(f_res, products, _mm256_add_ps(bases, f_add));
        _mm256_storeu_ps(out + first, values);
        mask |= static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(values, limit, _CMP_LT_OQ))) << first;
    };
    finish(_mm256_castsi256_si128(sums.low), 0);
    finish(_mm256_extracti128_si256(sums.low, 1), 8);
    finish(_mm256_castsi256_si128(sums.high), 16);
    finish(_mm256_extracti128_si256(sums.high, 1), 24);
    return mask;
}

// A tile of `rows` rows and 16 columns. The products of pairs of bytes would overflow 16 bits where one side
// goes up to 255: the left one is taken without its bias, and its sign is given to the right one.
template <size_t rows>
void distance_tile(const Int8Rows& a, size_t row, const Int8Panel& b, size_t block, float* out,
                   size_t out_stride) {
    __m256i sums[rows][2];
    for (auto& of_row : sums)
        for (__m256i& sum : of_row) sum = _mm256_setzero_si256();
    const uint8_t* left = a.bytes + row * a.stride;
    const int8_t* right = b.bytes + block * b.quads * 64;
    const __m256i ones = _mm256_set1_epi16(1);
    for (size_t quad = 0; quad < b.quads; ++quad) {
        const __m256i columns[2] = {load(right + quad * 64), load(right + quad * 64 + 32)};
        for (size_t i = 0; i < rows; ++i) {
            uint32_t four;
            std::memcpy(&four, left + i * a.stride + quad * 4, sizeof four);
            const __m256i values = _mm256_set1_epi32(static_cast<int32_t>(four ^ 0x8080'8080U));
            const __m256i sizes = _mm256_abs_epi8(values);
            for (size_t k = 0; k < 2; ++k) {
                const __m256i pairs = _mm256_maddubs_epi16(sizes, _mm256_sign_epi8(columns[k], values));
                sums[i][k] = _mm256_add_epi32(sums[i][k], _mm256_madd_epi16(pairs, ones));
            }
        }
    }
    for (size_t k = 0; k < 2; ++k) {
        const size_t column = block * 16 + k * 8;
        const __m256 scales = _mm256_loadu_ps(b.scales + column), norms = _mm256_loadu_ps(b.norms + column);
        for (size_t i = 0; i < rows; ++i) {
            const __m256 factor = _mm256_mul_ps(scales, _mm256_set1_ps(-2 * a.scales[row + i]));
            const __m256 both = _mm256_add_ps(norms, _mm256_set1_ps(a.norms[row + i]));
            _mm256_storeu_ps(out + (row + i) * out_stride + column,
                             _mm256_fmadd_ps(factor, _mm256_cvtepi32_ps(sums[i][k]), both));
        }
    }
}

void int8_distances(const Int8Rows& a, size_t rows, const Int8Panel& b, size_t columns, float* out,
                    size_t out_stride) {
    for (size_t block = 0; block < (columns + 15) / 16; ++block) {
        size_t row = 0;
        for (; row + 4 <= rows; row += 4) distance_tile<4>(a, row, b, block, out, out_stride);
        for (; row < rows; ++row) distance_tile<1>(a, row, b, block, out, out_stride);
    }
}

size_t select_below(const float* values, size_t count, float threshold, uint32_t* indexes) {
    const __m256 limit = _mm256_set1_ps(threshold);
    size_t found = 0, i = 0;
    for (; i + 8 <= count; i += 8) {
        const __m256 below = _mm256_cmp_ps(_mm256_loadu_ps(values + i), limit, _CMP_LT_OQ);
        for (auto mask = static_cast<uint32_t>(_mm256_movemask_ps(below)); mask != 0; mask &= mask - 1)
            indexes[found++] = static_cast<uint32_t>(i) + static_cast<uint32_t>(__builtin_ctz(mask));
    }
    return select_from(i, found, values, count, threshold, indexes);
}

}  // namespace

const CodeKernels codes = {fast_rotation,   matrix_product, int8_encode, int8_decode,
                           residual_encode, int8_product,   estimate,    sketch_estimates,
                           int8_distances,  select_below,   sort_keys};

}  // namespace vexfs::simd::avx2
