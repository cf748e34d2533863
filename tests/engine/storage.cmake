# SPDX-License-Identifier: Apache-2.0
vexfs_engine_test(test-storage storage_test.cpp)
