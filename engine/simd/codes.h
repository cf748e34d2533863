// SPDX-License-Identifier: Apache-2.0
// Kernels on compact codes of vectors, one family per instruction set, as in distance.h.
//
// Two kinds of codes, of vectors that engine/codes/space.h has centred, scaled and rotated:
//
//   int8      value[i] = scale * (byte[i] - 128), byte 1 to 255
//   residual  p bits per dimension of the difference to a reference, after RaBitQ (Gao & Long, "RaBitQ:
//             Quantizing High-Dimensional Vectors with a Theoretical Error Bound", SIGMOD 2024), in blocks of
//             32 codes whose bit planes are summed by table look-ups in registers ("FastScan": André,
//             Kermarrec & Le Scouarnec, "Cache locality is not enough", VLDB 2015)
//
// Kernels may read up to code_slack bytes behind a code; what they read there is multiplied by zeros of the
// query and changes nothing. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/simd/distance.h"

namespace vexfs::simd {

inline constexpr size_t code_slack = 64;
inline constexpr size_t block_codes = 32;

// A block of residual codes: planes [bits][groups][16], where byte i of a group of four dimensions holds
// their bits of code i in its lower half and of code i + 16 in its upper half; then f_add and f_res, binary16
// [32] each. With u the code as odd integers within +-(2^bits - 1), the estimate of a squared distance is
//
//   |q - reference|^2 + f_add + f_res * <q, u>
struct BlockQuery {
    const uint8_t* table;  // [groups, rounded up to 4][16]: sums over the four values of q for each nibble,
                           // table_max(bits) at most
    size_t groups;
    unsigned bits;  // 1 or 2
    // <q, u> = step * (sum of looked up bytes, plane k weighted with 2^k) + offset
    float step;
    float offset;
};

// With codes of one bit, whose own errors are many times those of the table, eight sums of a byte each are
// added before they are widened.
constexpr unsigned table_max(unsigned bits) {
    return bits == 1 ? 31 : 255;
}
constexpr size_t added_in_bytes(unsigned bits) {
    return 255 / table_max(bits);
}

constexpr size_t encode_scratch(size_t dimension) {
    return 2 * (dimension + 15);
}

constexpr size_t block_bytes(size_t groups, unsigned bits) {
    return bits * groups * 16 + 2 * block_codes * sizeof(uint16_t);
}

// A residual code of one bit that stands by itself, to be read in any order: u64 [words], whose bit i % 64 of
// word i / 64 is that of dimension i; then binary16 f_add and f_res as above.
inline constexpr size_t sketch_planes = 4;  // bits of a query's value

struct SketchQuery {
    const uint64_t* planes;  // [sketch_planes][words]
    size_t words;
    // <q, u> = step * (sum of the values where the code has a bit) + low * (how many it has) + offset
    float step, low, offset;
};

constexpr size_t sketch_bytes(size_t words) {
    return words * sizeof(uint64_t) + 2 * sizeof(uint16_t);
}

// Rows of int8 codes: the left side of a distance matrix.
struct Int8Rows {
    const uint8_t* bytes;  // [rows][stride], biased by 128
    size_t stride;
    const float* scales;  // [rows]
    const float* norms;   // [rows] squared norm of the decoded vector
};

// int8 codes packed for products: [columns / 16][quads][16][4], not biased. Columns to fill the last 16 are
// zeros.
struct Int8Panel {
    const int8_t* bytes;
    size_t quads;         // dimension / 4, rounded up
    const float* scales;  // [columns, rounded up to 16], for all three
    const float* norms;
    const float* sums;  // sum of the bytes of a column
};

struct CodeKernels {
    // In place, for each round: signs ([rounds][size]), a Hadamard transform of as many values as the
    // greatest power of two within size, the first and the last of them in turns, and where these are not
    // all, a Kac step of the two halves. Orthonormal; size is a multiple of 32.
    void (*fast_rotation)(const float* signs, size_t rounds, size_t size, float* values);

    // to[v][i] = sum over j of matrix[j][i] * vectors[v][j]; matrix: [columns][rows], vectors:
    // [count][columns], to: [count][rows].
    void (*matrix_product)(const float* matrix, size_t rows, size_t columns, const float* vectors,
                           size_t count, float* to);

    // A vector of the space to an int8 code and back.
    void (*int8_encode)(const float* from, size_t dimension, uint8_t* to, float* scale, float* norm);
    void (*int8_decode)(const uint8_t* bytes, float scale, size_t dimension, float* to);

    // Puts the residual code of `vector` into place `slot` (0 to 31) of a block that was zeroed before;
    // scratch: [encode_scratch(dimension)]. beyond: squared distance of the two in dimensions that codes
    // leave out.
    void (*residual_encode)(const float* vector, const float* reference, size_t dimension, float beyond,
                            unsigned bits, size_t slot, float* scratch, uint8_t* block);

    // Sum of bytes[i] * query[i], the bias not taken away.
    int32_t (*int8_product)(const uint8_t* bytes, const int8_t* query, size_t dimension);

    // out[i] = base + f_add + f_res * <q, u> of each code of a block; returns the codes, a bit each, whose
    // value is below `below`.
    uint32_t (*estimate)(const BlockQuery& query, const uint8_t* block, float base, float below, float* out);

    // The same of the sketches of `nodes`, block_codes of them at most.
    uint32_t (*sketch_estimates)(const SketchQuery& query, const uint8_t* sketches, const uint32_t* nodes,
                                 size_t count, float base, float below, float* out);

    // Squared Euclidean distances: out[row * out_stride + column], columns in whole sixteens.
    void (*int8_distances)(const Int8Rows& a, size_t rows, const Int8Panel& b, size_t columns, float* out,
                           size_t out_stride);

    // The indexes of values below a threshold, ascending, into indexes ([count + 16]); returns
    // how many.
    size_t (*select_below)(const float* values, size_t count, float threshold, uint32_t* indexes);

    // Sorts, ascending; made for some dozens.
    void (*sort_keys)(uint64_t* keys, size_t count);
};

// Of the instruction set that kernels() uses.
const CodeKernels& code_kernels();
// The kernels of one of available().
const CodeKernels& code_kernels(Isa isa);

}  // namespace vexfs::simd
