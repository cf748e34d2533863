# SPDX-License-Identifier: Apache-2.0
target_sources(vexfs-engine PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/dispatch.cpp
    ${CMAKE_CURRENT_LIST_DIR}/scalar.cpp)

# Each family is compiled for its own instruction set; dispatch.cpp asks the CPU before it calls one.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
    target_sources(vexfs-engine PRIVATE
        ${CMAKE_CURRENT_LIST_DIR}/avx2.cpp
        ${CMAKE_CURRENT_LIST_DIR}/avx512.cpp)
    set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/avx2.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
    # GCC 12 warns of its own header: gcc.gnu.org/PR105593.
    set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/avx512.cpp PROPERTIES
        COMPILE_OPTIONS "-mavx512f;-mfma;-Wno-uninitialized;-Wno-maybe-uninitialized")
endif()
