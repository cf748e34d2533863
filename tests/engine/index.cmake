# SPDX-License-Identifier: Apache-2.0
vexfs_engine_test(test-index index_test.cpp index_file_test.cpp index_concurrency_test.cpp)
