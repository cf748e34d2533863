# SPDX-License-Identifier: Apache-2.0
target_sources(vexfs-engine PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/build.cpp
    ${CMAKE_CURRENT_LIST_DIR}/calibration.cpp
    ${CMAKE_CURRENT_LIST_DIR}/connect.cpp
    ${CMAKE_CURRENT_LIST_DIR}/graph.cpp
    ${CMAKE_CURRENT_LIST_DIR}/graph_search.cpp
    ${CMAKE_CURRENT_LIST_DIR}/leaf.cpp
    ${CMAKE_CURRENT_LIST_DIR}/part.cpp
    ${CMAKE_CURRENT_LIST_DIR}/part_file.cpp
    ${CMAKE_CURRENT_LIST_DIR}/partition.cpp
    ${CMAKE_CURRENT_LIST_DIR}/prune.cpp)
