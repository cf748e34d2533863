# SPDX-License-Identifier: Apache-2.0
vexfs_engine_test(test-graph
    graph/calibration_test.cpp
    graph/graph_test.cpp
    graph/links_test.cpp
    graph/part_damage_test.cpp
    graph/part_test.cpp
    graph/partition_test.cpp
    graph/pool_test.cpp
    graph/reach_test.cpp)
