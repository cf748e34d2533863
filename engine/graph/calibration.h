// SPDX-License-Identifier: Apache-2.0
// The access paths of a part of a graph, measured on its own data; those that are never the cheapest are not
// kept.
#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/lists/lists.h"
#include "engine/paths/sample.h"

namespace vexfs::graph {

// A graph and the sketches of its nodes, null where there are none.
struct Searched {
    const Graph& graph;
    const lists::Lists* lists;

    // `found` gets the `wanted` nearest that were come upon, by int8 codes, in order, `without` not among
    // them. Without lists, all paths are the graph. Returns how many nodes were looked at.
    size_t search(const float* query, const paths::Setting& setting, size_t wanted, std::vector<Found>& found,
                  uint32_t without = no_node) const;
    // Of the nodes of a selection.
    size_t search(const float* query, const paths::Setting& setting, size_t wanted,
                  const paths::Selection& of_nodes, std::vector<Found>& found) const;

  private:
    size_t come_upon(const float* query, const paths::Setting& setting, size_t wanted,
                     std::vector<Found>& found, uint32_t without) const;
};

struct AccessPaths {
    std::unique_ptr<const lists::Lists> lists;
    paths::Calibration calibration;  // of no points where the part is too small to measure on
};

struct PathOptions {
    // Of a graph that stays: everything is measured. Else walks alone, where they do, and no lists of
    // clusters.
    bool thorough = false;
    unsigned threads = 1;
    uint64_t seed = 1;
    std::stop_token stop;  // the result is of no use once it was asked for
};

AccessPaths choose_paths(const Graph& graph, const codes::Int8Table& table, const paths::Sample& sample,
                         const PathOptions& options);

}  // namespace vexfs::graph
