# SPDX-License-Identifier: Apache-2.0
vexfs_engine_test(test-filter
    filter/language_test.cpp
    filter/mistakes_test.cpp)
vexfs_engine_test(test-payload
    payload/payload_index_test.cpp)
