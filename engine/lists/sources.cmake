# SPDX-License-Identifier: Apache-2.0
target_sources(vexfs-engine PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/clusters.cpp
    ${CMAKE_CURRENT_LIST_DIR}/lists.cpp
    ${CMAKE_CURRENT_LIST_DIR}/lists_file.cpp
    ${CMAKE_CURRENT_LIST_DIR}/shortlist.cpp)
