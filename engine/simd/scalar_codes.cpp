// SPDX-License-Identifier: Apache-2.0
// The kernels on codes in plain C++: what the others are compared with.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <utility>

#include "engine/base/float16.h"
#include "engine/simd/families.h"

namespace vexfs::simd::scalar {

#include "engine/simd/encode.inc"
#include "engine/simd/plain.inc"
#include "engine/simd/sketch.inc"

namespace {

int32_t int8_product(const uint8_t* bytes, const int8_t* query, size_t dimension) {
    int32_t sum = 0;
    for (size_t i = 0; i < dimension; ++i) sum += bytes[i] * query[i];
    return sum;
}

float half_at(const uint8_t* bytes, size_t i) {
    uint16_t bits;
    std::memcpy(&bits, bytes + i * sizeof bits, sizeof bits);
    return float_from_half(bits);
}

uint32_t estimate(const BlockQuery& query, const uint8_t* block, float base, float below, float* out) {
    uint32_t sums[block_codes] = {};
    for (unsigned plane = 0; plane < query.bits; ++plane) {
        for (size_t group = 0; group < query.groups; ++group) {
            const uint8_t* nibbles = block + (plane * query.groups + group) * 16;
            const uint8_t* table = query.table + group * 16;
            for (size_t i = 0; i < 16; ++i) {
                sums[i] += uint32_t{table[nibbles[i] & 15]} << plane;
                sums[i + 16] += uint32_t{table[nibbles[i] >> 4]} << plane;
            }
        }
    }
    const uint8_t* f_add = block + query.bits * query.groups * 16;
    const uint8_t* f_res = f_add + block_codes * sizeof(uint16_t);
    uint32_t mask = 0;
    for (size_t i = 0; i < block_codes; ++i) {
        const float product = query.step * static_cast<float>(sums[i]) + query.offset;
        out[i] = base + half_at(f_add, i) + half_at(f_res, i) * product;
        if (out[i] < below) mask |= uint32_t{1} << i;
    }
    return mask;
}

void int8_distances(const Int8Rows& a, size_t rows, const Int8Panel& b, size_t columns, float* out,
                    size_t out_stride) {
    for (size_t row = 0; row < rows; ++row) {
        const uint8_t* bytes = a.bytes + row * a.stride;
        for (size_t column = 0; column < (columns + 15) / 16 * 16; ++column) {
            int32_t product = 0;
            for (size_t quad = 0; quad < b.quads; ++quad)
                for (size_t k = 0; k < 4; ++k)
                    product += bytes[quad * 4 + k] *
                               b.bytes[((column / 16 * b.quads + quad) * 16 + column % 16) * 4 + k];
            const float unbiased = static_cast<float>(product) - 128 * b.sums[column];
            out[row * out_stride + column] =
                a.norms[row] + b.norms[column] - 2 * a.scales[row] * b.scales[column] * unbiased;
        }
    }
}

size_t select_below(const float* values, size_t count, float threshold, uint32_t* indexes) {
    return select_from(0, 0, values, count, threshold, indexes);
}

}  // namespace

const CodeKernels codes = {fast_rotation,   matrix_product, int8_encode, int8_decode,
                           residual_encode, int8_product,   estimate,    sketch_estimates,
                           int8_distances,  select_below,   sort_keys};

}  // namespace vexfs::simd::scalar
