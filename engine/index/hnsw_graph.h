// SPDX-License-Identifier: Apache-2.0
// All that a graph is made of, and the ways through it that searching and building share.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "engine/index/hnsw.h"
#include "engine/index/hnsw_nodes.h"
#include "engine/index/hnsw_scratch.h"
#include "engine/index/hnsw_space.h"

namespace vexfs {

namespace hnsw {

// Where walks begin: a row of the highest layer there is. Aligned so that any compiler reads it in one piece.
struct alignas(uint64_t) Entry {
    uint32_t row = no_row;
    uint32_t layer = 0;

    bool exists() const { return row != no_row; }
};

}  // namespace hnsw

struct Hnsw::Graph {
    Graph(uint32_t dimension, simd::Metric metric, const HnswParameters& wanted)
        : space(dimension, metric),
          parameters(wanted),
          nodes(space.padded_dimension(), wanted.m, wanted.max_m) {}

    hnsw::Space space;
    HnswParameters parameters;
    hnsw::Nodes nodes;
    std::atomic<uint32_t> size{0};

    static_assert(std::atomic<hnsw::Entry>::is_always_lock_free);
    std::atomic<hnsw::Entry> entry{hnsw::Entry{}};
    std::mutex raising;  // held by who adds a node above all layers

    // Guards the links and twins of a node against other writers. No thread holds two.
    std::mutex& lock_of(uint32_t row) { return locks[row % locks.size()]; }
    std::array<std::mutex, 1024> locks;

    mutable hnsw::ScratchPool scratches;
};

namespace hnsw {

// A query's way through a graph. `query` is in the form of the graph's space; computed counts the distances.
struct Walk {
    const Hnsw::Graph& graph;
    VisitedSet& visited;
    const float* query;
    Distance measure = graph.space.distance();
    size_t computed = 0;

    float distance_to(uint32_t row) {
        ++computed;
        return measure(query, graph.nodes.vector(row));
    }

    // Moves `at` to the nearest node that a greedy walk finds on each layer from at_layer down to `last`. A
    // node compared on one layer needs no comparing on the next: it was no nearer then and `at` has only come
    // nearer.
    void descend(Neighbour& at, uint32_t at_layer, uint32_t last);

    // SEARCH-LAYER: expands what the beam names until nothing can improve it.
    // visit.accept(row): whether a row may be in the result.
    // visit.with_twins: whether twins are offered as well.
    template <class Beam, class Visit>
    void spread(Beam& beam, uint32_t layer, Visit& visit);

  private:
    // The links of a row that weren't visited yet, now on their way to the cache.
    uint32_t collect(uint32_t row, uint32_t layer, std::array<uint32_t, links_max>& fresh) {
        const Links links = graph.nodes.links(row, layer);
        const uint32_t count = links.count();
        uint32_t size = 0;
        for (uint32_t i = 0; i < count; ++i) {
            const uint32_t link = links[i];
            if (!visited.insert(link)) continue;
            graph.nodes.prefetch_vector(link);
            fresh[size++] = link;
        }
        return size;
    }
};

inline void Walk::descend(Neighbour& at, uint32_t at_layer, uint32_t last) {
    std::array<uint32_t, links_max> fresh;
    visited.insert(at.row);
    for (uint32_t layer = at_layer + 1; layer-- > last;) {
        for (bool moved = true; moved;) {
            moved = false;
            const uint32_t size = collect(at.row, layer, fresh);
            for (uint32_t i = 0; i < size; ++i) {
                const float distance = distance_to(fresh[i]);
                if (distance < at.distance) {
                    at = {distance, fresh[i]};
                    moved = true;
                }
            }
        }
    }
}

template <class Beam, class Visit>
void Walk::spread(Beam& beam, uint32_t layer, Visit& visit) {
    std::array<uint32_t, links_max> fresh;
    const auto offer = [&](float distance, uint32_t row) {
        if (!beam.takes(distance)) return;
        if (visit.accept(row))
            beam.offer(distance, row);
        else
            beam.offer_refused(distance, row);
    };
    Neighbour at;
    while (beam.next(at)) {
        const uint32_t size = collect(at.row, layer, fresh);
        if constexpr (Visit::with_twins)
            for (uint32_t twin = graph.nodes.next_twin(at.row); twin != no_row && beam.takes(at.distance);
                 twin = graph.nodes.next_twin(twin))
                if (visit.accept(twin)) beam.offer_leaf(at.distance, twin);
        for (uint32_t i = 0; i < size; ++i) offer(distance_to(fresh[i]), fresh[i]);
        if (const uint32_t next = beam.peek(); next != no_row) graph.nodes.prefetch_links(next);
    }
}

// SELECT-NEIGHBORS-HEURISTIC (algorithm 4): of `candidates`, nearest first, up to `count` that are each
// nearer to the base than to any one kept before, so that links lead in all directions.
void select_links(const Nodes& nodes, const Distance& distance, std::span<const Neighbour> candidates,
                  size_t count, std::vector<uint32_t>& kept);

}  // namespace hnsw
}  // namespace vexfs
