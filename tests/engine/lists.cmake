# SPDX-License-Identifier: Apache-2.0
vexfs_engine_test(test-lists
    lists/lists_test.cpp
    lists/shortlist_test.cpp
    paths/calibration_test.cpp)
