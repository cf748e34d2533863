# SPDX-License-Identifier: Apache-2.0
target_sources(vexfs-engine PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/int8.cpp
    ${CMAKE_CURRENT_LIST_DIR}/panel_distances.cpp
    ${CMAKE_CURRENT_LIST_DIR}/projection.cpp
    ${CMAKE_CURRENT_LIST_DIR}/residual.cpp
    ${CMAKE_CURRENT_LIST_DIR}/space.cpp)
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/projection.cpp ${CMAKE_CURRENT_LIST_DIR}/space.cpp
    PROPERTIES COMPILE_OPTIONS "-O3")
