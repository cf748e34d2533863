# SPDX-License-Identifier: Apache-2.0
target_sources(vexfs-engine PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/checked_text.cpp
    ${CMAKE_CURRENT_LIST_DIR}/entry_walk.cpp
    ${CMAKE_CURRENT_LIST_DIR}/log_scan.cpp
    ${CMAKE_CURRENT_LIST_DIR}/link_or_copy.cpp
    ${CMAKE_CURRENT_LIST_DIR}/manifest.cpp
    ${CMAKE_CURRENT_LIST_DIR}/posix_disk.cpp
    ${CMAKE_CURRENT_LIST_DIR}/record.cpp
    ${CMAKE_CURRENT_LIST_DIR}/segment.cpp
    ${CMAKE_CURRENT_LIST_DIR}/segment_page.cpp)
