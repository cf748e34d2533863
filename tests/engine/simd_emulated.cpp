// SPDX-License-Identifier: Apache-2.0
// The AVX-512 kernels with their instructions emulated by SIMDe, so that any machine can check them.
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/fma.h>

#include <cstddef>

// What SIMDe lacks.
using __mmask16 = simde__mmask16;
#ifndef _mm512_maskz_loadu_ps
static __m512 emulated_maskz_loadu_ps(__mmask16 mask, const float* from) {
    float lanes[16] = {};
    for (size_t i = 0; i < 16; ++i)
        if ((mask >> i & 1) != 0) lanes[i] = from[i];
    return _mm512_loadu_ps(lanes);
}
#define _mm512_maskz_loadu_ps emulated_maskz_loadu_ps
#endif
#ifndef _mm512_reduce_add_ps
static float emulated_reduce_add_ps(__m512 v) {
    float lanes[16];
    _mm512_storeu_ps(lanes, v);
    float sum = 0;
    for (const float lane : lanes) sum += lane;
    return sum;
}
#define _mm512_reduce_add_ps emulated_reduce_add_ps
#endif

#define VEXFS_SIMD_EMULATED
#include "engine/simd/avx512.cpp"
