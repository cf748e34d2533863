// SPDX-License-Identifier: Apache-2.0
// Building the links of a graph in bulk, and refining them.
#pragma once

#include <stop_token>

#include "engine/codes/int8.h"
#include "engine/graph/graph.h"
#include "engine/graph/links.h"

namespace vexfs::graph {

struct BuildOptions {
    size_t degree = 32;  // links of a node
    unsigned threads = 1;
    uint64_t seed = 1;
    std::stop_token stop;  // the result is of no use once it was asked for
};

// From scratch: links inside the leaves of two independent partitions, pruned, turned around, pruned again.
// Nodes are renumbered so that near ones stand together: order[new number] is the old one.
LinkTable build_links(codes::Int8Table& table, std::vector<uint32_t>& order, const BuildOptions& options);

// Better links: what a search for each node in the graph of the old ones expands, pruned as above.
LinkTable refine_links(const codes::Int8Table& table, const LinkTable& links, const Graph& graph, size_t ef,
                       const BuildOptions& options);

}  // namespace vexfs::graph
