# SPDX-License-Identifier: Apache-2.0
target_link_libraries(vexfs-engine PRIVATE PkgConfig::liburing)
target_sources(vexfs-engine PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/bulk_writer.cpp
    ${CMAKE_CURRENT_LIST_DIR}/checked_text.cpp
    ${CMAKE_CURRENT_LIST_DIR}/entry_walk.cpp
    ${CMAKE_CURRENT_LIST_DIR}/log_scan.cpp
    ${CMAKE_CURRENT_LIST_DIR}/io_backend.cpp
    ${CMAKE_CURRENT_LIST_DIR}/io_budget.cpp
    ${CMAKE_CURRENT_LIST_DIR}/io_meter.cpp
    ${CMAKE_CURRENT_LIST_DIR}/link_or_copy.cpp
    ${CMAKE_CURRENT_LIST_DIR}/manifest.cpp
    ${CMAKE_CURRENT_LIST_DIR}/measured_disk.cpp
    ${CMAKE_CURRENT_LIST_DIR}/paced_disk.cpp
    ${CMAKE_CURRENT_LIST_DIR}/posix_disk.cpp
    ${CMAKE_CURRENT_LIST_DIR}/posix_file.cpp
    ${CMAKE_CURRENT_LIST_DIR}/read_ahead.cpp
    ${CMAKE_CURRENT_LIST_DIR}/record.cpp
    ${CMAKE_CURRENT_LIST_DIR}/segment.cpp
    ${CMAKE_CURRENT_LIST_DIR}/segment_page.cpp
    ${CMAKE_CURRENT_LIST_DIR}/uring.cpp
    ${CMAKE_CURRENT_LIST_DIR}/uring_disk.cpp)
