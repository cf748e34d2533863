# SPDX-License-Identifier: Apache-2.0
target_sources(vexfs-engine PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/anonymous_memory.cpp
    ${CMAKE_CURRENT_LIST_DIR}/checksummed_file.cpp
    ${CMAKE_CURRENT_LIST_DIR}/hnsw.cpp
    ${CMAKE_CURRENT_LIST_DIR}/hnsw_build.cpp
    ${CMAKE_CURRENT_LIST_DIR}/hnsw_file.cpp
    ${CMAKE_CURRENT_LIST_DIR}/hnsw_nodes.cpp
    ${CMAKE_CURRENT_LIST_DIR}/hnsw_search.cpp)
