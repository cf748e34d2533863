// SPDX-License-Identifier: Apache-2.0
// The kernel families that dispatch.cpp chooses from. A family is one source file, compiled with the options
// of its instruction set (sources.cmake) and run only where the CPU has that set; nothing of it may be
// inlined elsewhere, so a family exports its table of functions and nothing else.
//
// All families are built alike. A kernel adds up one term per element:
//
//     dot                a * b
//     euclidean_squared  (a - b)^2
//     manhattan          |a - b|
//
// and differs from the others in that term only, so that each family has one loop, reduce<Term>(), with four
// independent sums: an addition takes about four cycles, two start in each, and one sum alone would make
// every addition wait for the one before. What is left at the end (fewer elements than a register has) is
// loaded under a mask, which reads nothing behind the last element.
//
// A new instruction set takes a source file here, a line in sources.cmake and a line in dispatch.cpp; the
// tests go over whatever available() lists.
#pragma once

#include "engine/simd/codes.h"
#include "engine/simd/distance.h"

namespace vexfs::simd {

namespace scalar {
extern const Kernels family;
extern const CodeKernels codes;
}  // namespace scalar
namespace avx2 {
extern const Kernels family;
extern const CodeKernels codes;
}  // namespace avx2
namespace avx512 {
extern const Kernels family;
extern const CodeKernels codes;
}  // namespace avx512
namespace neon {
extern const Kernels family;
extern const CodeKernels codes;
}  // namespace neon

}  // namespace vexfs::simd
