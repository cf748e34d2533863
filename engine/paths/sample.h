// SPDX-License-Identifier: Apache-2.0
// Measuring an access path, not guessing: some of a part's own vectors are searched for as if they were not
// in it, and what is found is compared with their true neighbours.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/codes/int8.h"
#include "engine/codes/node.h"
#include "engine/codes/space.h"
#include "engine/paths/calibration.h"

namespace vexfs::paths {

inline constexpr size_t sample_nodes = 400;  // of a part that stays

// Some nodes with their calibrated_limit nearest others.
struct Sample {
    std::vector<uint32_t> nodes;
    std::vector<uint32_t> neighbours;   // [nodes][calibrated_limit], no_node where there are fewer
    std::vector<float> queries;         // [nodes][coded dimension]: as queries of the space
    std::vector<const float*> vectors;  // [nodes]: of the collection, as long as their rows last

    const float* query(size_t i) const { return &queries[i * (queries.size() / nodes.size())]; }
};

// Of at most nodes_max nodes. `vector` gives the vectors of nodes ([dimension]), null for one that is to be
// left out; table has their codes.
Sample take_sample(const codes::Int8Table& table, const codes::Space& space,
                   FunctionRef<const float*(uint32_t)> vector, size_t nodes_max, unsigned threads);

// Less is nearer; ordered as the metric's distances to one query are. query, vector: [dimension].
float order_of(simd::Metric metric, const float* query, const float* vector, size_t dimension);

// A search for the i-th of a sample: the nodes that it would compare exactly. Returns how many it looked at.
using SampleSearch = FunctionRef<size_t(size_t i, std::vector<uint32_t>& found)>;

CalibrationPoint measure(const Sample& sample, const Setting& setting, unsigned threads, SampleSearch search);

// The least time that some of the searches took.
float least_cost_us(const Sample& sample, SampleSearch search);

}  // namespace vexfs::paths
