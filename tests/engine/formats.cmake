# SPDX-License-Identifier: Apache-2.0
vexfs_engine_test(test-formats
    formats/damage_test.cpp
    formats/json_lines_test.cpp
    formats/jsonl_test.cpp
    formats/npy_test.cpp
    formats/rows_test.cpp
    formats/writer_test.cpp)
