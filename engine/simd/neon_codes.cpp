// SPDX-License-Identifier: Apache-2.0
// NEON (Advanced SIMD) as every ARMv8-A has it: sixteen bytes at a time.
#include <arm_neon.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <utility>

#include "engine/base/float16.h"
#include "engine/simd/families.h"

namespace vexfs::simd::neon {

#include "engine/simd/encode.inc"
#include "engine/simd/plain.inc"
#include "engine/simd/sketch.inc"

namespace {

int16x8_t widened(uint8x8_t bytes) {
    return vreinterpretq_s16_u16(vmovl_u8(bytes));
}

int32_t int8_product(const uint8_t* bytes, const int8_t* query, size_t dimension) {
    int32x4_t even = vdupq_n_s32(0), odd = even;
    for (size_t i = 0; i < dimension; i += 16) {
        const uint8x16_t codes = vld1q_u8(bytes + i);
        const int8x16_t values = vld1q_s8(query + i);
        const int16x8_t low = widened(vget_low_u8(codes)), high = widened(vget_high_u8(codes));
        const int16x8_t of_low = vmovl_s8(vget_low_s8(values)), of_high = vmovl_s8(vget_high_s8(values));
        even = vmlal_s16(even, vget_low_s16(low), vget_low_s16(of_low));
        odd = vmlal_high_s16(odd, low, of_low);
        even = vmlal_s16(even, vget_low_s16(high), vget_low_s16(of_high));
        odd = vmlal_high_s16(odd, high, of_high);
    }
    return vaddvq_s32(vaddq_s32(even, odd));
}

// Adds up what one plane's nibbles look up: 16 bits for each of eight codes, four times.
template <unsigned bits>
void sum_plane(const uint8_t* nibbles, const uint8_t* table, size_t groups, uint16x8_t (&sums)[4]) {
    for (uint16x8_t& sum : sums) sum = vdupq_n_u16(0);
    for (size_t group = 0; group < groups;) {
        const size_t end = std::min(groups, group + added_in_bytes(bits));
        uint8x16_t low = vdupq_n_u8(0), high = low;
        for (; group < end; ++group) {
            const uint8x16_t codes = vld1q_u8(nibbles + group * 16), values = vld1q_u8(table + group * 16);
            low = vaddq_u8(low, vqtbl1q_u8(values, vandq_u8(codes, vdupq_n_u8(15))));
            high = vaddq_u8(high, vqtbl1q_u8(values, vshrq_n_u8(codes, 4)));
        }
        sums[0] = vaddw_u8(sums[0], vget_low_u8(low));
        sums[1] = vaddw_high_u8(sums[1], low);
        sums[2] = vaddw_u8(sums[2], vget_low_u8(high));
        sums[3] = vaddw_high_u8(sums[3], high);
    }
}

float32x4_t halves(const uint8_t* from) {
    uint16x4_t bits;
    std::memcpy(&bits, from, sizeof bits);
    return vcvt_f32_f16(vreinterpret_f16_u16(bits));
}

uint32_t estimate(const BlockQuery& query, const uint8_t* block, float base, float below, float* out) {
    uint16x8_t sums[4];
    if (query.bits == 1) {
        sum_plane<1>(block, query.table, query.groups, sums);
    } else {
        uint16x8_t upper[4];
        sum_plane<2>(block, query.table, query.groups, sums);
        sum_plane<2>(block + query.groups * 16, query.table, query.groups, upper);
        for (size_t i = 0; i < 4; ++i) sums[i] = vaddq_u16(sums[i], vshlq_n_u16(upper[i], 1));
    }
    const uint8_t* factors = block + query.bits * query.groups * 16;
    const float32x4_t step = vdupq_n_f32(query.step), offset = vdupq_n_f32(query.offset);
    const float32x4_t bases = vdupq_n_f32(base), limit = vdupq_n_f32(below);
    static constexpr uint32_t places[] = {1, 2, 4, 8};
    uint32_t mask = 0;
    const auto finish = [&](uint16x4_t of_four, size_t first) {
        const float32x4_t products = vfmaq_f32(offset, vcvtq_f32_u32(vmovl_u16(of_four)), step);
        const float32x4_t f_add = halves(factors + first * 2), f_res = halves(factors + 64 + first * 2);
        const float32x4_t values = vfmaq_f32(vaddq_f32(bases, f_add), f_res, products);
        vst1q_f32(out + first, values);
        mask |= vaddvq_u32(vandq_u32(vcltq_f32(values, limit), vld1q_u32(places))) << first;
    };
    for (size_t i = 0; i < 4; ++i) {
        finish(vget_low_u16(sums[i]), i * 8);
        finish(vget_high_u16(sums[i]), i * 8 + 4);
    }
    return mask;
}

// A tile of `rows` rows and 16 columns. The left side is taken without its bias: two products of bytes in
// -127..127 add up within 16 bits.
template <size_t rows>
void distance_tile(const Int8Rows& a, size_t row, const Int8Panel& b, size_t block, float* out,
                   size_t out_stride) {
    int32x4_t sums[rows][4];
    for (auto& of_row : sums)
        for (int32x4_t& sum : of_row) sum = vdupq_n_s32(0);
    const uint8_t* left = a.bytes + row * a.stride;
    const int8_t* right = b.bytes + block * b.quads * 64;
    for (size_t quad = 0; quad < b.quads; ++quad) {
        const int8x16x4_t columns = vld1q_s8_x4(right + quad * 64);
        for (size_t i = 0; i < rows; ++i) {
            uint32_t four;
            std::memcpy(&four, left + i * a.stride + quad * 4, sizeof four);
            const int8x16_t values = vreinterpretq_s8_u32(vdupq_n_u32(four ^ 0x8080'8080U));
            for (size_t k = 0; k < 4; ++k) {
                const int16x8_t low = vmull_s8(vget_low_s8(columns.val[k]), vget_low_s8(values));
                const int16x8_t high = vmull_high_s8(columns.val[k], values);
                sums[i][k] = vpadalq_s16(sums[i][k], vpaddq_s16(low, high));
            }
        }
    }
    for (size_t k = 0; k < 4; ++k) {
        const size_t column = block * 16 + k * 4;
        const float32x4_t scales = vld1q_f32(b.scales + column), norms = vld1q_f32(b.norms + column);
        for (size_t i = 0; i < rows; ++i) {
            const float32x4_t factor = vmulq_n_f32(scales, -2 * a.scales[row + i]);
            const float32x4_t both = vaddq_f32(norms, vdupq_n_f32(a.norms[row + i]));
            vst1q_f32(out + (row + i) * out_stride + column,
                      vfmaq_f32(both, factor, vcvtq_f32_s32(sums[i][k])));
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
    return select_from(0, 0, values, count, threshold, indexes);
}

}  // namespace

const CodeKernels codes = {fast_rotation,   matrix_product, int8_encode, int8_decode,
                           residual_encode, int8_product,   estimate,    sketch_estimates,
                           int8_distances,  select_below,   sort_keys};

}  // namespace vexfs::simd::neon
