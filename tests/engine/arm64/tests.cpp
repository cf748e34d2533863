// SPDX-License-Identifier: Apache-2.0
// clang-format off: the first one is where Catch's main() is
#include "tests/main.cpp"
// clang-format on
#include "tests/engine/codes/encode_kernels_test.cpp"
#include "tests/engine/codes/estimate_kernels_test.cpp"
#include "tests/engine/codes/product_kernels_test.cpp"
#include "tests/engine/simd_test.cpp"
