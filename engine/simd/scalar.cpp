// SPDX-License-Identifier: Apache-2.0
// Plain C++, for machines without the others and as what they are compared with.
#include <cmath>

#include "engine/simd/families.h"

namespace vexfs::simd::scalar {
namespace {

template <float (*term)(float, float)>
float reduce(const float* a, const float* b, size_t dimension) {
    float sums[4] = {};
    size_t i = 0;
    for (; i + 4 <= dimension; i += 4)
        for (size_t j = 0; j < 4; ++j) sums[j] += term(a[i + j], b[i + j]);
    for (; i < dimension; ++i) sums[0] += term(a[i], b[i]);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

float product(float a, float b) {
    return a * b;
}
float square_of_difference(float a, float b) {
    return (a - b) * (a - b);
}
float size_of_difference(float a, float b) {
    return std::fabs(a - b);
}

}  // namespace

const Kernels family = {Isa::scalar, reduce<product>, reduce<square_of_difference>,
                        reduce<size_of_difference>};

}  // namespace vexfs::simd::scalar
