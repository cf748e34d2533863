// SPDX-License-Identifier: Apache-2.0
// The file of a graph, version 1. Numbers are little-endian, without padding; rows and counts are u32.
//
//     header      8 bytes "VXFSHNSW"; u32 version; u32 dimension; u32 metric (0 cosine, 1 euclidean, 2 dot,
//                 3 manhattan); u32 m; u32 max_m; u32 ef_construction; f64 ml; u64 seed; u32 nodes;
//                 u32 row_end (the highest row + 1, 0 without nodes); u32 entry row (FFFFFFFF without
//                 nodes); u32 entry layer
//     nodes       in ascending order of rows, each:
//                 u32 row; u32 top layer, with bit 31 set for a twin; u32 next twin or FFFFFFFF;
//                 f32[dimension] vector, at unit length for cosine;
//                 and unless it is a twin, for each layer from 0 to the top one: u32 count; u32[count] rows
//     checksum    u64 XXH3-64 of all before it
//
// A twin is a row whose vector equals another node's; it hangs on that node's list and has no links.
#pragma once

#include <cstdint>

namespace vexfs::hnsw {

inline constexpr char file_magic[8] = {'V', 'X', 'F', 'S', 'H', 'N', 'S', 'W'};
inline constexpr uint32_t file_version = 1;
inline constexpr uint32_t twin_flag = uint32_t{1} << 31;

#pragma pack(push, 1)
struct FileHeader {
    char magic[8];
    uint32_t version, dimension, metric, m, max_m, ef_construction;
    double ml;
    uint64_t seed;
    uint32_t nodes, row_end, entry_row, entry_layer;
};
struct FileNode {
    uint32_t row, top_layer, next_twin;
};
#pragma pack(pop)
static_assert(sizeof(FileHeader) == 64 && sizeof(FileNode) == 12);

}  // namespace vexfs::hnsw
