# SPDX-License-Identifier: Apache-2.0
target_sources(vexfs-engine PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/fbin.cpp
    ${CMAKE_CURRENT_LIST_DIR}/file.cpp
    ${CMAKE_CURRENT_LIST_DIR}/fvecs.cpp
    ${CMAKE_CURRENT_LIST_DIR}/hash.cpp
    ${CMAKE_CURRENT_LIST_DIR}/json_lines.cpp
    ${CMAKE_CURRENT_LIST_DIR}/json_row.cpp
    ${CMAKE_CURRENT_LIST_DIR}/jsonl.cpp
    ${CMAKE_CURRENT_LIST_DIR}/lines.cpp
    ${CMAKE_CURRENT_LIST_DIR}/npy.cpp
    ${CMAKE_CURRENT_LIST_DIR}/npy_header.cpp
    ${CMAKE_CURRENT_LIST_DIR}/rows.cpp
    ${CMAKE_CURRENT_LIST_DIR}/vector_file.cpp)
