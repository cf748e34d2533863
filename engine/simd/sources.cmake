# SPDX-License-Identifier: Apache-2.0
target_sources(vexfs-engine PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/dispatch.cpp
    ${CMAKE_CURRENT_LIST_DIR}/scalar.cpp
    ${CMAKE_CURRENT_LIST_DIR}/scalar_codes.cpp)

# Of kernels that are plain loops: what lets the compiler vectorise their sums.
set(vexfs_plain_loops -O3 -fassociative-math -fno-signed-zeros -fno-trapping-math)
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/scalar_codes.cpp PROPERTIES
    COMPILE_OPTIONS "${vexfs_plain_loops}")

# Each family is compiled for its own instruction set; dispatch.cpp asks the CPU before it calls one.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
    target_sources(vexfs-engine PRIVATE
        ${CMAKE_CURRENT_LIST_DIR}/avx2.cpp
        ${CMAKE_CURRENT_LIST_DIR}/avx2_codes.cpp
        ${CMAKE_CURRENT_LIST_DIR}/avx512.cpp
        ${CMAKE_CURRENT_LIST_DIR}/avx512_codes.cpp)
    set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/avx2.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
    set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/avx2_codes.cpp PROPERTIES
        COMPILE_OPTIONS "-mavx2;-mfma;-mf16c;${vexfs_plain_loops}")
    # GCC 12 warns of its own header: gcc.gnu.org/PR105593.
    set(vexfs_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mfma -mprefer-vector-width=512
        -Wno-uninitialized -Wno-maybe-uninitialized)
    set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/avx512.cpp PROPERTIES COMPILE_OPTIONS "${vexfs_avx512}")
    set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/avx512_codes.cpp PROPERTIES
        COMPILE_OPTIONS "${vexfs_avx512};${vexfs_plain_loops}")
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    target_sources(vexfs-engine PRIVATE
        ${CMAKE_CURRENT_LIST_DIR}/neon.cpp
        ${CMAKE_CURRENT_LIST_DIR}/neon_codes.cpp)
    set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/neon_codes.cpp PROPERTIES
        COMPILE_OPTIONS "${vexfs_plain_loops}")
endif()
