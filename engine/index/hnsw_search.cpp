// SPDX-License-Identifier: Apache-2.0
// Searching: K-NN-SEARCH, algorithm 5 of the paper.
#include <algorithm>

#include "engine/index/hnsw_graph.h"

namespace vexfs {
namespace {

struct Visit {
    static constexpr bool with_twins = true;
    FunctionRef<bool(uint32_t)> accept;
};

template <class Beam>
void search_layer_0(hnsw::Walk& walk, Beam& beam, size_t ef, Neighbour from,
                    FunctionRef<bool(uint32_t)> accept, std::vector<Neighbour>& out) {
    Visit visit{accept};
    beam.reset(ef);
    walk.visited.clear();
    walk.visited.insert(from.row);
    if (accept(from.row))
        beam.offer(from.distance, from.row);
    else
        beam.offer_refused(from.distance, from.row);
    walk.spread(beam, 0, visit);
    beam.finish(out);
}

}  // namespace

size_t Hnsw::search(const float* query, size_t limit, size_t ef, FunctionRef<bool(uint32_t)> accept,
                    std::vector<Neighbour>& out) const {
    const Graph& graph = *graph_;
    out.clear();
    const hnsw::Entry entry = graph.entry.load(std::memory_order_acquire);
    const uint32_t row_end = graph.nodes.row_end();
    if (!entry.exists() || limit == 0) return 0;
    ef = std::min<size_t>(std::max(ef, limit), row_end);

    const hnsw::BorrowedScratch borrowed(graph.scratches);
    hnsw::Scratch& scratch = *borrowed;
    scratch.query.resize(graph.space.padded_dimension());
    graph.space.prepare(query, scratch.query.data());
    scratch.visited.reset(row_end);

    hnsw::Walk walk{graph, scratch.visited, scratch.query.data()};
    Neighbour at{walk.distance_to(entry.row), entry.row};
    walk.descend(at, entry.layer, 1);
    if (ef <= hnsw::sorted_beam_max)
        search_layer_0(walk, scratch.sorted_beam, ef, at, accept, out);
    else
        search_layer_0(walk, scratch.heap_beam, ef, at, accept, out);

    if (out.size() > limit) out.resize(limit);
    for (Neighbour& one : out) one.distance = graph.space.reported(one.distance);
    return walk.computed;
}

}  // namespace vexfs
