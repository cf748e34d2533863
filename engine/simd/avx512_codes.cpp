// SPDX-License-Identifier: Apache-2.0
// AVX-512 with VNNI: sixty-four bytes at a time.
#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <utility>

#include "engine/base/float16.h"
#include "engine/simd/families.h"

namespace vexfs::simd::avx512 {

#include "engine/simd/encode.inc"
#include "engine/simd/sketch.inc"

namespace {

int32_t int8_product(const uint8_t* bytes, const int8_t* query, size_t dimension) {
    __m512i even = _mm512_setzero_si512(), odd = even;
    size_t i = 0;
    for (; i + 64 < dimension; i += 128) {
        even = _mm512_dpbusd_epi32(even, _mm512_loadu_si512(bytes + i), _mm512_loadu_si512(query + i));
        odd =
            _mm512_dpbusd_epi32(odd, _mm512_loadu_si512(bytes + i + 64), _mm512_loadu_si512(query + i + 64));
    }
    if (i < dimension)
        even = _mm512_dpbusd_epi32(even, _mm512_loadu_si512(bytes + i), _mm512_loadu_si512(query + i));
    return _mm512_reduce_add_epi32(_mm512_add_epi32(even, odd));
}

// Sums over all groups and planes: 16 bits for each of the codes 0 to 15 and 16 to 31.
struct BlockSums {
    __m256i low, high;
};

// The sums in the four lanes of `all` (even and odd codes mixed in 16 bits) and `odd` (of odd codes), added
// up and put in order.
__m256i merge_lanes(__m512i all, __m512i odd) {
    const __m512i even = _mm512_sub_epi16(all, _mm512_slli_epi16(odd, 8));
    const auto add_lanes = [](__m512i lanes) {
        const __m256i half =
            _mm256_add_epi16(_mm512_castsi512_si256(lanes), _mm512_extracti64x4_epi64(lanes, 1));
        return _mm_add_epi16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    };
    const __m128i evens = add_lanes(even), odds = add_lanes(odd);
    return _mm256_set_m128i(_mm_unpackhi_epi16(evens, odds), _mm_unpacklo_epi16(evens, odds));
}

template <unsigned bits>
BlockSums sum_block(const uint8_t* nibbles, const uint8_t* table, size_t groups) {
    struct Sums {
        __m512i low = _mm512_setzero_si512(), low_odd = low, high = low, high_odd = low;
    } sums[bits];
    const __m512i mask = _mm512_set1_epi8(15);
    for (size_t group = 0; group < groups;) {
        const size_t end = std::min(groups, group + 4 * added_in_bytes(bits));
        __m512i of_lows[bits], of_highs[bits];
        std::fill_n(of_lows, bits, _mm512_setzero_si512());
        std::fill_n(of_highs, bits, _mm512_setzero_si512());
        for (; group < end; group += 4) {
            const __m512i values = _mm512_loadu_si512(table + group * 16);
            for (unsigned plane = 0; plane < bits; ++plane) {
                const __m512i codes = _mm512_loadu_si512(nibbles + (plane * groups + group) * 16);
                const __m512i low = _mm512_and_si512(codes, mask);
                const __m512i high = _mm512_and_si512(_mm512_srli_epi16(codes, 4), mask);
                of_lows[plane] = _mm512_add_epi8(of_lows[plane], _mm512_shuffle_epi8(values, low));
                of_highs[plane] = _mm512_add_epi8(of_highs[plane], _mm512_shuffle_epi8(values, high));
            }
        }
        for (unsigned plane = 0; plane < bits; ++plane) {
            const __m512i of_low = of_lows[plane], of_high = of_highs[plane];
            Sums& sum = sums[plane];
            sum.low = _mm512_add_epi16(sum.low, of_low);
            sum.low_odd = _mm512_add_epi16(sum.low_odd, _mm512_srli_epi16(of_low, 8));
            sum.high = _mm512_add_epi16(sum.high, of_high);
            sum.high_odd = _mm512_add_epi16(sum.high_odd, _mm512_srli_epi16(of_high, 8));
        }
    }
    // The upper plane counts twice.
    const auto weighted = [&sums](__m512i Sums::*part) {
        return bits == 1 ? sums[0].*part
                         : _mm512_add_epi16(sums[0].*part, _mm512_slli_epi16(sums[bits - 1].*part, 1));
    };
    return {merge_lanes(weighted(&Sums::low), weighted(&Sums::low_odd)),
            merge_lanes(weighted(&Sums::high), weighted(&Sums::high_odd))};
}

uint32_t estimate(const BlockQuery& query, const uint8_t* block, float base, float below, float* out) {
    const BlockSums sums = query.bits == 2 ? sum_block<2>(block, query.table, query.groups)
                                           : sum_block<1>(block, query.table, query.groups);
    const uint8_t* factors = block + query.bits * query.groups * 16;
    const __m512 step = _mm512_set1_ps(query.step), offset = _mm512_set1_ps(query.offset);
    const __m512 bases = _mm512_set1_ps(base), limit = _mm512_set1_ps(below);
    const auto finish = [&](__m256i half_sums, size_t first) -> uint32_t {
        const __m512 products =
            _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(half_sums)), step, offset);
        const auto halves = [&](size_t at) {
            return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(factors + at)));
        };
        const __m512 f_add = halves(first * 2), f_res = halves(64 + first * 2);
        const __m512 values = _mm512_fmadd_ps(f_res, products, _mm512_add_ps(bases, f_add));
        _mm512_storeu_ps(out + first, values);
        return _mm512_cmp_ps_mask(values, limit, _CMP_LT_OQ);
    };
    const uint32_t lower = finish(sums.low, 0);
    return lower | finish(sums.high, 16) << 16;
}

// Some registers, which are named by constants: what is indexed, GCC 12 keeps in memory or stores there in
// each round of a loop, even one that it unrolls.
template <size_t n>
struct Registers {
    __m512i first;
    Registers<n - 1> others;
};
template <>
struct Registers<0> {};

template <size_t i, size_t n>
[[gnu::always_inline]] inline __m512i& at(Registers<n>& registers) {
    if constexpr (i == 0) {
        return registers.first;
    } else {
        return at<i - 1>(registers.others);
    }
}

template <size_t n, class Body>
[[gnu::always_inline]] inline void unrolled(Body body) {
    [&]<size_t... i>(std::index_sequence<i...>) __attribute__((always_inline)) {
        (body(std::integral_constant<size_t, i>()), ...);
    }
    (std::make_index_sequence<n>());
}

// A tile of `rows` rows and `blocks` times 16 columns.
template <size_t rows, size_t blocks>
void distance_tile(const Int8Rows& a, size_t row, const Int8Panel& b, size_t block, float* out,
                   size_t out_stride) {
    Registers<rows * blocks> sums;
    unrolled<rows * blocks>([&](auto i) { at<i>(sums) = _mm512_setzero_si512(); });
    const uint8_t* left = a.bytes + row * a.stride;
    const int8_t* right = b.bytes + block * b.quads * 64;
    const size_t quads = b.quads, stride = a.stride;
    for (size_t quad = 0; quad < quads; ++quad) {
        Registers<blocks> columns;
        unrolled<blocks>(
            [&](auto k) { at<k>(columns) = _mm512_loadu_si512(right + (k * quads + quad) * 64); });
        unrolled<rows>([&](auto i) {
            int32_t four;
            std::memcpy(&four, left + i * stride + quad * 4, sizeof four);
            const __m512i values = _mm512_set1_epi32(four);
            unrolled<blocks>([&](auto k) {
                __m512i& sum = at<i * blocks + k>(sums);
                sum = _mm512_dpbusd_epi32(sum, values, at<k>(columns));
            });
        });
    }
    alignas(64) int32_t products[rows * blocks][16];
    unrolled<rows * blocks>([&](auto i) { _mm512_store_si512(products[i], at<i>(sums)); });
    for (size_t k = 0; k < blocks; ++k) {
        const size_t column = (block + k) * 16;
        const __m512 scales = _mm512_loadu_ps(b.scales + column), norms = _mm512_loadu_ps(b.norms + column);
        const __m512 offsets = _mm512_mul_ps(_mm512_loadu_ps(b.sums + column), _mm512_set1_ps(128));
        for (size_t i = 0; i < rows; ++i) {
            const __m512i sum = _mm512_load_si512(products[i * blocks + k]);
            const __m512 product = _mm512_sub_ps(_mm512_cvtepi32_ps(sum), offsets);
            const __m512 factor = _mm512_mul_ps(scales, _mm512_set1_ps(-2 * a.scales[row + i]));
            const __m512 both = _mm512_add_ps(norms, _mm512_set1_ps(a.norms[row + i]));
            _mm512_storeu_ps(out + (row + i) * out_stride + column, _mm512_fmadd_ps(factor, product, both));
        }
    }
}

template <size_t blocks>
void distance_columns(const Int8Rows& a, size_t rows, const Int8Panel& b, size_t block, float* out,
                      size_t out_stride) {
    size_t row = 0;
    for (; row + 6 <= rows; row += 6) distance_tile<6, blocks>(a, row, b, block, out, out_stride);
    for (; row < rows; ++row) distance_tile<1, blocks>(a, row, b, block, out, out_stride);
}

void int8_distances(const Int8Rows& a, size_t rows, const Int8Panel& b, size_t columns, float* out,
                    size_t out_stride) {
    const size_t end = (columns + 15) / 16;
    size_t block = 0;
    // A row alone leaves room for more columns, and needs them: each sum waits for the one before.
    for (; rows == 1 && block + 8 <= end; block += 8) distance_tile<1, 8>(a, 0, b, block, out, out_stride);
    for (; block + 4 <= end; block += 4) distance_columns<4>(a, rows, b, block, out, out_stride);
    switch (end - block) {
        case 3: return distance_columns<3>(a, rows, b, block, out, out_stride);
        case 2: return distance_columns<2>(a, rows, b, block, out, out_stride);
        case 1: return distance_columns<1>(a, rows, b, block, out, out_stride);
        default: return;
    }
}

size_t select_below(const float* values, size_t count, float threshold, uint32_t* indexes) {
    const __m512 limit = _mm512_set1_ps(threshold);
    const __m512i step = _mm512_set1_epi32(16);
    __m512i index = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    size_t found = 0;
    for (size_t i = 0; i < count; i += 16) {
        const auto inside = static_cast<__mmask16>(count - i >= 16 ? 0xffff : (1U << (count - i)) - 1);
        const __mmask16 mask =
            _mm512_mask_cmp_ps_mask(inside, _mm512_maskz_loadu_ps(inside, values + i), limit, _CMP_LT_OQ);
        if (mask != 0) {
            _mm512_storeu_si512(indexes + found, _mm512_maskz_compress_epi32(mask, index));
            found += static_cast<size_t>(__builtin_popcount(mask));
        }
        index = _mm512_add_epi32(index, step);
    }
    return found;
}

// A bitonic sorter (Batcher, "Sorting networks and their applications", AFIPS 1968): of two lanes that are
// compared, `upper` gets the greater.
template <__mmask8 upper>
__m512i exchange(__m512i keys, __m512i partners) {
    return _mm512_mask_max_epu64(_mm512_min_epu64(keys, partners), upper, keys, partners);
}

// Of a register whose keys rise and then fall, or are so turned.
__m512i merge_lanes_of(__m512i keys) {
    keys = exchange<0b11110000>(keys, _mm512_shuffle_i64x2(keys, keys, 0b01001110));
    keys = exchange<0b11001100>(keys, _mm512_permutex_epi64(keys, 0b01001110));
    return exchange<0b10101010>(keys, _mm512_permutex_epi64(keys, 0b10110001));
}

__m512i reversed(__m512i keys) {
    return _mm512_permutexvar_epi64(_mm512_set_epi64(0, 1, 2, 3, 4, 5, 6, 7), keys);
}

template <size_t registers>
void merge_registers(__m512i* keys) {
    if constexpr (registers == 1) {
        keys[0] = merge_lanes_of(keys[0]);
    } else {
        for (size_t i = 0; i < registers / 2; ++i) {
            const __m512i a = keys[i], b = keys[i + registers / 2];
            keys[i] = _mm512_min_epu64(a, b);
            keys[i + registers / 2] = _mm512_max_epu64(a, b);
        }
        merge_registers<registers / 2>(keys);
        merge_registers<registers / 2>(keys + registers / 2);
    }
}

template <size_t registers>
void sort_registers(__m512i* keys) {
    if constexpr (registers == 1) {
        keys[0] = exchange<0b10101010>(keys[0], _mm512_permutex_epi64(keys[0], 0b10110001));
        keys[0] = exchange<0b11001100>(keys[0], _mm512_permutex_epi64(keys[0], 0b00011011));
        keys[0] = exchange<0b10101010>(keys[0], _mm512_permutex_epi64(keys[0], 0b10110001));
        keys[0] = exchange<0b11110000>(keys[0], reversed(keys[0]));
        keys[0] = exchange<0b11001100>(keys[0], _mm512_permutex_epi64(keys[0], 0b01001110));
        keys[0] = exchange<0b10101010>(keys[0], _mm512_permutex_epi64(keys[0], 0b10110001));
    } else {
        constexpr size_t half = registers / 2;
        sort_registers<half>(keys);
        sort_registers<half>(keys + half);
        for (size_t i = 0; i < half; ++i) {
            const __m512i a = keys[i], b = reversed(keys[registers - 1 - i]);
            keys[i] = _mm512_min_epu64(a, b);
            keys[registers - 1 - i] = _mm512_max_epu64(a, b);
        }
        merge_registers<half>(keys);
        merge_registers<half>(keys + half);
    }
}

template <size_t registers>
void sort_in_registers(uint64_t* keys, size_t count) {
    const auto inside = [&](size_t i) {
        const size_t left = count > i * 8 ? count - i * 8 : 0;
        return static_cast<__mmask8>(left >= 8 ? 0xff : (1U << left) - 1);
    };
    __m512i all[registers];
    for (size_t i = 0; i < registers; ++i)
        all[i] = _mm512_mask_loadu_epi64(_mm512_set1_epi64(-1), inside(i), keys + i * 8);
    sort_registers<registers>(all);
    for (size_t i = 0; i < registers; ++i) _mm512_mask_storeu_epi64(keys + i * 8, inside(i), all[i]);
}

void sort_keys(uint64_t* keys, size_t count) {
    if (count <= 8) return sort_in_registers<1>(keys, count);
    if (count <= 16) return sort_in_registers<2>(keys, count);
    if (count <= 32) return sort_in_registers<4>(keys, count);
    if (count <= 64) return sort_in_registers<8>(keys, count);
    if (count <= 128) return sort_in_registers<16>(keys, count);
    std::sort(keys, keys + count);
}

}  // namespace

const CodeKernels codes = {fast_rotation,   matrix_product, int8_encode, int8_decode,
                           residual_encode, int8_product,   estimate,    sketch_estimates,
                           int8_distances,  select_below,   sort_keys};

}  // namespace vexfs::simd::avx512
