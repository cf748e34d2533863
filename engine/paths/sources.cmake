# SPDX-License-Identifier: Apache-2.0
target_sources(vexfs-engine PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/calibration.cpp
    ${CMAKE_CURRENT_LIST_DIR}/measure.cpp
    ${CMAKE_CURRENT_LIST_DIR}/path.cpp
    ${CMAKE_CURRENT_LIST_DIR}/sample.cpp
    ${CMAKE_CURRENT_LIST_DIR}/sweep.cpp)
