# SPDX-License-Identifier: Apache-2.0
target_sources(vexfs-engine PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/choose.cpp
    ${CMAKE_CURRENT_LIST_DIR}/functions.cpp
    ${CMAKE_CURRENT_LIST_DIR}/part.cpp
    ${CMAKE_CURRENT_LIST_DIR}/part_file.cpp
    ${CMAKE_CURRENT_LIST_DIR}/sketches.cpp
    ${CMAKE_CURRENT_LIST_DIR}/tables.cpp)
