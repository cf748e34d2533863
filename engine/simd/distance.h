// SPDX-License-Identifier: Apache-2.0
// Distance kernels on f32 vectors, one family per instruction set, chosen at run time.
//
// Every kernel takes any dimension and any alignment, reads nothing beyond its arguments, and agrees with the
// scalar one up to the rounding of another order of summation. Thread-safe.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace vexfs {

// The metrics, and what a hit's distance is under each (always: less is nearer).
//   cosine     1 - <a,b> / (|a| |b|), 1 where a vector is zero
//   euclidean  |a - b|
//   dot        -<a,b>
//   manhattan  sum of |a_i - b_i|
namespace simd {

enum class Metric { cosine, euclidean, dot, manhattan };
enum class Isa { scalar, avx2, avx512, neon };

struct Kernels {
    Isa isa;
    // a, b: [dimension]
    float (*dot)(const float* a, const float* b, size_t dimension);
    float (*euclidean_squared)(const float* a, const float* b, size_t dimension);
    float (*manhattan)(const float* a, const float* b, size_t dimension);
};

// What is used now: the best that this CPU has, or what select() or the environment variable VEXFS_SIMD
// (scalar, avx2, avx512, neon) asked for.
const Kernels& kernels();

// The instruction sets that this CPU can run, scalar first.
std::vector<Isa> available();
// The kernels of one of available().
const Kernels& kernels(Isa isa);

// Uses another instruction set from now on; unsupported when this CPU lacks it.
Result<void> select(Isa isa);

std::string_view name_of(Isa isa);
Result<Isa> isa_from_name(std::string_view name);

}  // namespace simd
}  // namespace vexfs
