# SPDX-License-Identifier: Apache-2.0
vexfs_engine_test(test-lsh
    codes/sketch_kernels_test.cpp
    lsh/part_file_test.cpp
    lsh/part_test.cpp
    lsh/tables_test.cpp)
