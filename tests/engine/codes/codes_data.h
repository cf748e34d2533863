// SPDX-License-Identifier: Apache-2.0
// Vectors for the tests of codes, and what a residual code says, read bit by bit.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "engine/base/float16.h"
#include "engine/simd/codes.h"

namespace vexfs::test {

// Dimensions of a space: multiples of 4, around the widths of registers and beyond.
inline std::vector<size_t> coded_dimensions() {
    std::vector<size_t> result;
    for (size_t d = 4; d <= 1100; d += d < 140 ? 4 : 60) result.push_back(d);
    result.push_back(1100);
    return result;
}

inline std::vector<float> normal_vector(size_t dimension, uint64_t seed, float scale = 1) {
    std::mt19937_64 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> vector(dimension);
    for (float& value : vector) value = scale * normal(random);
    return vector;
}

// As in a space: the squared norm is about 1.
inline std::vector<float> unit_like_vector(size_t dimension, uint64_t seed) {
    return normal_vector(dimension, seed, 1 / std::sqrt(static_cast<float>(dimension)));
}

inline double squared_distance(const float* a, const float* b, size_t dimension) {
    double sum = 0;
    for (size_t i = 0; i < dimension; ++i) sum += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
    return sum;
}

// The code in a slot of a block, as odd integers within +-(2^bits - 1).
inline std::vector<int> residual_code(const uint8_t* block, size_t dimension, unsigned bits, size_t slot) {
    std::vector<int> code(dimension);
    const size_t groups = dimension / 4;
    for (size_t i = 0; i < dimension; ++i) {
        int value = 0;
        for (unsigned plane = 0; plane < bits; ++plane) {
            const uint8_t byte = block[(plane * groups + i / 4) * 16 + slot % 16];
            value += (byte >> (slot < 16 ? 0 : 4) >> (i % 4) & 1) << plane;
        }
        code[i] = 2 * value - ((1 << bits) - 1);
    }
    return code;
}

struct ResidualFactors {
    float add = 0, res = 0;
};

inline ResidualFactors residual_factors(const uint8_t* block, size_t dimension, unsigned bits, size_t slot) {
    const uint8_t* factors = block + bits * (dimension / 4) * 16;
    uint16_t add = 0, res = 0;
    std::memcpy(&add, factors + slot * sizeof add, sizeof add);
    std::memcpy(&res, factors + (simd::block_codes + slot) * sizeof res, sizeof res);
    return {float_from_half(add), float_from_half(res)};
}

}  // namespace vexfs::test
