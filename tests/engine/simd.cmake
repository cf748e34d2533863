# SPDX-License-Identifier: Apache-2.0
vexfs_engine_test(test-simd
    simd_test.cpp
    simd_emulated.cpp
    codes/encode_kernels_test.cpp
    codes/estimate_kernels_test.cpp
    codes/product_kernels_test.cpp)
# Intrinsics stand in for others here, whose warnings are not ours.
set_source_files_properties(simd_emulated.cpp PROPERTIES COMPILE_OPTIONS "-w;-Wno-psabi;-ffp-contract=off")
