# SPDX-License-Identifier: Apache-2.0
vexfs_engine_test(test-collection
    schema_test.cpp
    back_pressure_test.cpp
    background_io_test.cpp
    collection_test.cpp
    durability_test.cpp
    fresh_codes_test.cpp
    group_commit_test.cpp
    io_parameters_test.cpp
    point_view_test.cpp
    reclaim_test.cpp
    recovery_test.cpp
    reindex_test.cpp)
vexfs_engine_test(test-check check_test.cpp repair_fault_test.cpp)
vexfs_engine_test(test-churn churn_test.cpp)
vexfs_engine_test(test-snapshot restore_fault_test.cpp snapshot_test.cpp snapshot_fault_test.cpp)
vexfs_engine_test(test-parts
    parts/part_files_test.cpp
    parts/part_index_test.cpp
    parts/plan_test.cpp)
add_executable(test-collection-concurrency concurrency_test.cpp snapshot_concurrency_test.cpp)
add_dependencies(concurrency-tests test-collection-concurrency)
target_precompile_headers(test-collection-concurrency REUSE_FROM vexfs-test-main)
target_link_libraries(test-collection-concurrency PRIVATE vexfs-test-main vexfs-engine Threads::Threads)
catch_discover_tests(test-collection-concurrency TEST_PREFIX "test-collection-concurrency: "
    PROPERTIES TIMEOUT 300 LABELS concurrency)
add_executable(test-parts-concurrency parts/part_concurrency_test.cpp)
add_dependencies(concurrency-tests test-parts-concurrency)
target_precompile_headers(test-parts-concurrency REUSE_FROM vexfs-test-main)
target_link_libraries(test-parts-concurrency PRIVATE vexfs-test-main vexfs-engine Threads::Threads)
catch_discover_tests(test-parts-concurrency TEST_PREFIX "test-parts-concurrency: "
    PROPERTIES TIMEOUT 300 LABELS concurrency)
