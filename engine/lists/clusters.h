// SPDX-License-Identifier: Apache-2.0
// The lists of a part: k-means on int8 codes.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "engine/codes/int8.h"

namespace vexfs::lists {

struct Clusters {
    std::vector<float> centroids;   // [lists][dimension]
    std::vector<uint32_t> list_of;  // [nodes]
};

// `count` clusters, drawn with `seed` and moved a few times to the means of a sample; depends on nothing
// else. Of no use when it was stopped.
Clusters find_clusters(const codes::Int8Table& table, size_t count, uint64_t seed, unsigned threads,
                       const std::stop_token& stop);

// How many lists of a part are worth their while; 1 for a small one.
size_t lists_for(size_t nodes);

}  // namespace vexfs::lists
