# SPDX-License-Identifier: Apache-2.0
vexfs_engine_test(test-codes
    codes/int8_test.cpp
    codes/projection_test.cpp
    codes/residual_test.cpp
    codes/space_test.cpp)
