# SPDX-License-Identifier: Apache-2.0
add_library(vexfs-simulated-disk STATIC storage/simulated_disk.cpp storage/model.cpp)
target_link_libraries(vexfs-simulated-disk PUBLIC vexfs-options vexfs-engine fmt::fmt PkgConfig::xxhash)
vexfs_engine_test(test-storage
    storage_test.cpp
    storage/bulk_writer_test.cpp
    storage/file_test.cpp
    storage/io_backend_test.cpp
    storage/io_budget_test.cpp
    storage/log_scan_test.cpp
    storage/measured_disk_test.cpp
    storage/read_ahead_test.cpp
    storage/segment_page_test.cpp
    storage/uring_submit_test.cpp
    storage/wrong_numbers_test.cpp)
target_link_libraries(test-storage PRIVATE vexfs-simulated-disk PkgConfig::liburing)
# The same through io_uring.
add_test(NAME "test-storage: all through io_uring" COMMAND test-storage)
set_tests_properties("test-storage: all through io_uring" PROPERTIES
    TIMEOUT 300 ENVIRONMENT VEXFS_TEST_IO_BACKEND=io_uring)
vexfs_engine_test(test-storage-crash storage/crash_test.cpp storage/fault_test.cpp storage/snapshot_crash_test.cpp)
target_link_libraries(test-storage-crash PRIVATE vexfs-simulated-disk)
vexfs_engine_test(test-storage-damage storage/damage_test.cpp)
target_link_libraries(test-storage-damage PRIVATE vexfs-simulated-disk)
