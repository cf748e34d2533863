// SPDX-License-Identifier: Apache-2.0
// The input of the index files' target: a byte that says which kind of file it is, then the file.
#pragma once

#include <cstddef>

#include "engine/lsh/part.h"

namespace vexfs::fuzz {

enum class IndexFile : unsigned char {
    part_dot,
    part_cosine,
    hnsw_euclidean,
    hnsw_manhattan,
    compact_part,
    lsh_dot
};
inline constexpr unsigned char index_files = 6;

inline constexpr size_t index_dimension = 3;

// Small ones, so that files are.
inline HnswParameters index_parameters(GraphLayout layout = GraphLayout::fast) {
    HnswParameters parameters;
    parameters.m = 2;
    parameters.max_m = 4;
    parameters.ef_construction = 8;
    parameters.layout = layout;
    return parameters;
}

inline lsh::PartParameters lsh_parameters() {
    return {{2, 4, 4, Projection::random}, 1};
}

}  // namespace vexfs::fuzz
