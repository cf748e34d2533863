// SPDX-License-Identifier: Apache-2.0
// The file of a part of an lsh collection, all little-endian:
//
//   FileHeader
//   f32  mean of the space [lifted: dimension, and one for dot]
//   u32  row of each node [nodes]
//        CalibrationPoint [calibration_points], paths/calibration.h
//        sketches in lists, as in graph/part_file.h
//   with hash tables:
//   u8   normals, biased by 128 [tables * levels][coded_dimension]
//   f32  their scale and norm [tables * levels][2], and thresholds [tables * levels]
//   u32  branches of each table [tables]
//        Branch [branches] and u32 nodes [nodes] of one table after the other, lsh/tables.h
//        sketches [nodes][simd::sketch_bytes]
//   u64  XXH3-64 of all before it
#pragma once

#include <cstdint>
#include <type_traits>

namespace vexfs::lsh {

inline constexpr char file_magic[8] = {'V', 'E', 'X', 'F', 'S', 'L', 'S', 'H'};
inline constexpr uint32_t file_version = 2;

struct FileHeader {
    char magic[8];
    uint32_t version;
    uint32_t metric;
    uint32_t dimension;
    uint32_t coded_dimension;
    uint32_t nodes;
    uint32_t first_row, end_row;
    uint32_t num_tables, num_functions, bucket_size, projection_type;
    uint32_t calibration_points;
    uint32_t lists, list_blocks;
    uint32_t tables, levels, branches;  // 0 without hash tables
    float unit, norm_max;
    uint32_t padding;
    uint64_t seed;
    uint64_t reserved[4];
};
static_assert(sizeof(FileHeader) == 128 && std::is_trivially_copyable_v<FileHeader>);

}  // namespace vexfs::lsh
