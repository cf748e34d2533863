# SPDX-License-Identifier: Apache-2.0
vexfs_engine_test(test-simd
    simd_test.cpp
    codes/encode_kernels_test.cpp
    codes/estimate_kernels_test.cpp
    codes/product_kernels_test.cpp)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
    target_sources(test-simd PRIVATE simd_emulated.cpp)
    # Intrinsics stand in for others here, whose warnings are not ours.
    set_source_files_properties(simd_emulated.cpp PROPERTIES COMPILE_OPTIONS "-w;-Wno-psabi;-ffp-contract=off")
endif()

# The same tests of the kernels for arm64, emulated, where this is another machine.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$" AND NOT VEXFS_SANITIZE)
    find_program(VEXFS_ARM64_CXX aarch64-linux-gnu-g++ REQUIRED)
    find_program(VEXFS_ARM64_RUN qemu-aarch64 REQUIRED)
    set(arm64 ${CMAKE_CURRENT_BINARY_DIR}/arm64)
    # Of this machine's headers only those that any machine can take.
    file(MAKE_DIRECTORY ${arm64}/include)
    foreach(library catch2 fmt nlohmann tl)
        file(CREATE_LINK /usr/include/${library} ${arm64}/include/${library} SYMBOLIC)
    endforeach()
    get_source_file_property(plain_loops ${PROJECT_SOURCE_DIR}/engine/simd/scalar_codes.cpp
        TARGET_DIRECTORY vexfs-engine COMPILE_OPTIONS)
    foreach(part kernels tests)
        add_custom_command(OUTPUT ${arm64}/${part}.o DEPFILE ${arm64}/${part}.d
            COMMAND ${VEXFS_ARM64_CXX} -std=c++20 -O2 -Wall -Wextra -Werror -DFMT_HEADER_ONLY
                "$<$<STREQUAL:${part},kernels>:${plain_loops}>"
                -I ${PROJECT_SOURCE_DIR} -isystem ${arm64}/include -MMD -MT ${arm64}/${part}.o
                -c ${CMAKE_CURRENT_SOURCE_DIR}/arm64/${part}.cpp -o ${arm64}/${part}.o
            COMMAND_EXPAND_LISTS)
    endforeach()
    add_custom_command(OUTPUT ${arm64}/test-simd DEPENDS ${arm64}/kernels.o ${arm64}/tests.o
        COMMAND ${VEXFS_ARM64_CXX} -static ${arm64}/kernels.o ${arm64}/tests.o -o ${arm64}/test-simd)
    add_custom_target(test-simd-arm64 ALL DEPENDS ${arm64}/test-simd)
    # What runs itself again would run on this machine.
    add_test(NAME "test-simd: arm64"
        COMMAND ${VEXFS_ARM64_RUN} ${arm64}/test-simd "~the environment chooses the instruction set")
endif()
