// SPDX-License-Identifier: Apache-2.0
// The file of a part, all little-endian:
//
//   FileHeader
//   f32  mean of the space [lifted: dimension, and one for dot]
//   u32  row of each node [nodes], nodes that no walk comes to [loose]
//        CalibrationPoint [calibration_points], paths/calibration.h
//   with a projection, codes/projection.h:
//        its basis: codes::Int8Factors [kept], u8 [kept][coded_dimension]
//        rows of the graph, graph.h: [nodes][row_bytes]
//   with sketches, lists/lists.h:
//   f32  centroids [lists][coded_dimension]
//   u32  first blocks of the lists, and the number of blocks [lists + 1]
//   u32  nodes [blocks][32], 0xffffffff to fill up
//        blocks [blocks][simd::block_bytes]
//   u64  XXH3-64 of all before it
#pragma once

#include <cstdint>
#include <type_traits>

namespace vexfs::graph {

inline constexpr char file_magic[8] = {'V', 'E', 'X', 'F', 'S', 'P', 'R', 'T'};
inline constexpr uint32_t file_version = 5;

struct FileHeader {
    char magic[8];
    uint32_t version;
    uint32_t metric;
    uint32_t dimension;
    uint32_t coded_dimension;
    uint32_t degree;
    uint32_t bits;
    uint32_t nodes;
    uint32_t entry;
    uint32_t first_row, end_row;
    uint32_t refined;
    uint32_t loose;
    uint32_t m, max_m, ef_construction;
    uint32_t calibration_points;
    uint64_t seed;
    double ml;
    float unit, norm_max;
    uint32_t lists, list_blocks;  // 0 without sketches
    uint32_t layout;              // asked for; bits says which one was taken
    uint32_t kept;                // components of a residual code: fewer than coded_dimension with a projection
    uint32_t reserved[4];
};
static_assert(sizeof(FileHeader) == 128 && std::is_trivially_copyable_v<FileHeader>);

}  // namespace vexfs::graph
