// SPDX-License-Identifier: Apache-2.0
// The kernels and what they need, compiled for arm64 without the libraries of the engine.
#include "engine/base/result.cpp"
#include "engine/codes/residual.cpp"
#include "engine/simd/dispatch.cpp"
#include "engine/simd/neon.cpp"
#include "engine/simd/neon_codes.cpp"
#include "engine/simd/scalar.cpp"
#include "engine/simd/scalar_codes.cpp"
