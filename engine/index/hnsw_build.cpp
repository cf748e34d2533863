// SPDX-License-Identifier: Apache-2.0
// Adding a node: INSERT, algorithm 1 of the paper.
//
// All its links are found and written before the first link to it is made, lowest layer first: who comes upon
// it finds it complete on this layer and on those below.
#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>
#include <span>

#include "engine/index/hnsw_graph.h"

namespace vexfs {
namespace hnsw {
namespace {

// The layer depends on the seed and the row alone, so that it is the same in whatever order rows come.
uint32_t draw_layer(const HnswParameters& parameters, uint32_t row) {
    uint64_t bits = parameters.seed + (uint64_t{row} + 1) * 0x9E3779B97F4A7C15;  // splitmix64
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
    bits ^= bits >> 31;
    const double uniform = static_cast<double>((bits >> 11) + 1) * 0x1p-53;  // in (0, 1]
    const double ml = parameters.ml > 0 ? parameters.ml : 1 / std::log(parameters.m);
    return static_cast<uint32_t>(std::min(-std::log(uniform) * ml, double{layers_max - 1}));
}

struct AcceptAll {
    static constexpr bool with_twins = false;
    static bool accept(uint32_t) { return true; }
};

// Links `from` to `to`; where its list is full, the best are kept.
void link(Hnsw::Graph& graph, const Distance& distance, uint32_t from, uint32_t to, uint32_t layer,
          std::vector<Neighbour>& candidates, std::vector<uint32_t>& kept) {
    const Nodes& nodes = graph.nodes;
    const std::lock_guard guard(graph.lock_of(from));
    Links links = nodes.links(from, layer);
    const uint32_t count = links.count(), cap = nodes.links_cap(layer);
    if (count < cap) {
        links.append(to);
        return;
    }
    for (uint32_t i = 0; i < count; ++i) nodes.prefetch_vector(links[i]);
    const float* base = nodes.vector(from);
    candidates.assign(1, {distance(base, nodes.vector(to)), to});
    for (uint32_t i = 0; i < count; ++i)
        candidates.push_back({distance(base, nodes.vector(links[i])), links[i]});
    std::sort(candidates.begin(), candidates.end(), Nearer());
    select_links(nodes, distance, candidates, cap, kept);
    links.assign(kept);
}

// A found row with the very same vector, or no_row.
uint32_t equal_row(const Hnsw::Graph& graph, std::span<const Neighbour> found, uint32_t row,
                   float distance_to_itself) {
    const float* vector = graph.nodes.vector(row);
    for (const Neighbour& one : found)
        if (one.distance == distance_to_itself &&
            std::memcmp(graph.nodes.vector(one.row), vector,
                        graph.space.padded_dimension() * sizeof(float)) == 0)
            return one.row;
    return no_row;
}

void connect(Hnsw::Graph& graph, uint32_t row, uint32_t top_layer, Entry entry, Scratch& scratch) {
    const Nodes& nodes = graph.nodes;
    Walk walk{graph, scratch.visited, nodes.vector(row)};
    scratch.visited.reset(nodes.row_end());
    Neighbour at{walk.distance_to(entry.row), entry.row};
    if (entry.layer > top_layer) walk.descend(at, entry.layer, top_layer + 1);

    const uint32_t first = std::min(entry.layer, top_layer);
    if (scratch.kept.size() <= first) scratch.kept.resize(first + 1);
    AcceptAll all;
    for (uint32_t layer = first + 1; layer-- > 0;) {
        scratch.visited.clear();
        scratch.visited.insert(at.row);
        SortedBeam& beam = scratch.sorted_beam;
        beam.reset(graph.parameters.ef_construction);
        beam.offer(at.distance, at.row);
        walk.spread(beam, layer, all);
        beam.finish(scratch.found);
        if (!scratch.found.empty()) at = scratch.found.front();
        select_links(nodes, walk.measure, scratch.found, graph.parameters.m, scratch.kept[layer]);
    }

    const uint32_t twin_of =
        equal_row(graph, scratch.found, row, walk.measure(nodes.vector(row), nodes.vector(row)));
    if (twin_of != no_row) {
        const std::lock_guard guard(graph.lock_of(twin_of));
        graph.nodes.add_twin(twin_of, row);
        return;
    }
    for (uint32_t layer = 0; layer <= first; ++layer) nodes.links(row, layer).assign(scratch.kept[layer]);
    std::vector<uint32_t> kept;
    for (uint32_t layer = 0; layer <= first; ++layer)
        for (const uint32_t neighbour : scratch.kept[layer])
            link(graph, walk.measure, neighbour, row, layer, scratch.found, kept);
}

}  // namespace

void select_links(const Nodes& nodes, const Distance& distance, std::span<const Neighbour> candidates,
                  size_t count, std::vector<uint32_t>& kept) {
    kept.clear();
    if (candidates.size() <= count) {  // then any link is better than none
        for (const Neighbour& candidate : candidates) kept.push_back(candidate.row);
        return;
    }
    for (const Neighbour& candidate : candidates) {
        if (kept.size() == count) return;
        const float* vector = nodes.vector(candidate.row);
        const bool hidden = std::any_of(kept.begin(), kept.end(), [&](uint32_t other) {
            return distance(vector, nodes.vector(other)) < candidate.distance;
        });
        if (!hidden) kept.push_back(candidate.row);
    }
}

}  // namespace hnsw

void Hnsw::add(uint32_t row, const float* vector) {
    Graph& graph = *graph_;
    const uint32_t top_layer = hnsw::draw_layer(graph.parameters, row);
    graph.nodes.create(row, top_layer);
    graph.space.prepare(vector, graph.nodes.vector(row));

    std::unique_lock raising(graph.raising, std::defer_lock);
    hnsw::Entry entry = graph.entry.load(std::memory_order_acquire);
    if (!entry.exists() || entry.layer < top_layer) {
        raising.lock();
        entry = graph.entry.load(std::memory_order_acquire);
    }
    const bool raises = !entry.exists() || entry.layer < top_layer;
    if (!raises && raising.owns_lock()) raising.unlock();
    if (entry.exists()) {
        const hnsw::BorrowedScratch scratch(graph.scratches);
        hnsw::connect(graph, row, top_layer, entry, *scratch);
    }
    if (raises && !graph.nodes.is_twin(row)) graph.entry.store({row, top_layer}, std::memory_order_release);
    graph.size.fetch_add(1, std::memory_order_release);
}

}  // namespace vexfs
