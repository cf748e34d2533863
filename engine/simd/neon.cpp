// SPDX-License-Identifier: Apache-2.0
// NEON (Advanced SIMD) as every ARMv8-A has it: four floats at a time.
#include <arm_neon.h>

#include "engine/simd/families.h"

namespace vexfs::simd::neon {
namespace {

constexpr size_t lanes = 4;

struct Product {
    static float32x4_t add(float32x4_t sum, float32x4_t a, float32x4_t b) { return vfmaq_f32(sum, a, b); }
};

struct SquareOfDifference {
    static float32x4_t add(float32x4_t sum, float32x4_t a, float32x4_t b) {
        const float32x4_t difference = vsubq_f32(a, b);
        return vfmaq_f32(sum, difference, difference);
    }
};

struct SizeOfDifference {
    static float32x4_t add(float32x4_t sum, float32x4_t a, float32x4_t b) {
        return vaddq_f32(sum, vabdq_f32(a, b));
    }
};

// The first `count` of them, zeros behind; three at most.
float32x4_t first_of(const float* from, size_t count) {
    float32x4_t values = vld1q_lane_f32(from, vdupq_n_f32(0), 0);
    if (count > 1) values = vld1q_lane_f32(from + 1, values, 1);
    if (count > 2) values = vld1q_lane_f32(from + 2, values, 2);
    return values;
}

template <class Term>
float reduce(const float* a, const float* b, size_t dimension) {
    float32x4_t sum0 = vdupq_n_f32(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    size_t i = 0;
    for (; i + 4 * lanes <= dimension; i += 4 * lanes) {
        sum0 = Term::add(sum0, vld1q_f32(a + i), vld1q_f32(b + i));
        sum1 = Term::add(sum1, vld1q_f32(a + i + lanes), vld1q_f32(b + i + lanes));
        sum2 = Term::add(sum2, vld1q_f32(a + i + 2 * lanes), vld1q_f32(b + i + 2 * lanes));
        sum3 = Term::add(sum3, vld1q_f32(a + i + 3 * lanes), vld1q_f32(b + i + 3 * lanes));
    }
    for (; i + lanes <= dimension; i += lanes) sum0 = Term::add(sum0, vld1q_f32(a + i), vld1q_f32(b + i));
    if (i < dimension) sum1 = Term::add(sum1, first_of(a + i, dimension - i), first_of(b + i, dimension - i));
    return vaddvq_f32(vaddq_f32(vaddq_f32(sum0, sum1), vaddq_f32(sum2, sum3)));
}

}  // namespace

const Kernels family = {Isa::neon, reduce<Product>, reduce<SquareOfDifference>, reduce<SizeOfDifference>};

}  // namespace vexfs::simd::neon
