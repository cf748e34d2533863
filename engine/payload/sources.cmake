# SPDX-License-Identifier: Apache-2.0
find_package(roaring REQUIRED)
target_link_libraries(vexfs-engine PRIVATE roaring::roaring)
target_sources(vexfs-engine PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/column.cpp
    ${CMAKE_CURRENT_LIST_DIR}/evaluate.cpp
    ${CMAKE_CURRENT_LIST_DIR}/payload_index.cpp)
