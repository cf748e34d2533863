// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "engine/base/prefetch.h"
#include "engine/graph/graph.h"
#include "engine/graph/pool.h"
#include "engine/graph/reach.h"
#include "engine/graph/visited.h"

namespace vexfs::graph {

struct SearchScratch {
    // Nodes that are not nearer need not be kept.
    float threshold() const { return std::min(pool.threshold(), reach.distance()); }
    // A node was, which is so far away.
    void expanded(float distance) {
        reach.found(distance, pool.nth(reach.nearest()));
        pool.cut(reach.distance());
    }

    Pool pool;
    Reach reach;
    Visited visited;
    codes::Int8Query int8;
    codes::ResidualQuery residual;
    std::vector<float> projected;  // the query
    std::vector<uint32_t> fresh;   // neighbours not seen before
};

namespace {

constexpr size_t walks_begun = 3;
// A walk chooses so many nodes, asks for their rows, and expands one after the other: what pages they are on
// and what is in them is looked up for all at the same time. That others turn up which are nearer costs
// little, as nearly all are expanded in the end.
constexpr size_t chosen_at_once = 4;

SearchScratch& scratch_of_thread() {
    thread_local SearchScratch scratch;
    return scratch;
}

// The rows of a graph, as a search sees them.
class Rows {
  public:
    Rows(const Graph& graph, SearchScratch& scratch)
        : rows_(reinterpret_cast<const uint8_t*>(graph.row(0))), layout_(graph.layout()), scratch_(scratch) {}

    // By the int8 code of a node.
    float compare(uint32_t node) const {
        const uint8_t* row = at(node);
        codes::Int8Factors factors;
        std::memcpy(&factors, row + layout_.factors_offset(), sizeof factors);
        return scratch_.int8.distance(kernels_, row + layout_.code_offset(), factors);
    }

  protected:
    const uint8_t* at(uint32_t node) const { return rows_ + node * row_bytes_; }
    const uint32_t* neighbours(uint32_t node) const {
        return reinterpret_cast<const uint32_t*>(at(node) + layout_.neighbours_offset());
    }

    const uint8_t* rows_;
    const Layout layout_;
    const size_t row_bytes_ = layout_.row_bytes();
    SearchScratch& scratch_;
    const simd::CodeKernels& kernels_ = simd::code_kernels();
};

// Layout::inline_codes: the distances of neighbours are estimated from their codes in the row at hand, and a
// node is compared when the walk comes to it.
class InlineRows : public Rows {
  public:
    InlineRows(const Graph& graph, const float* query, SearchScratch& scratch)
        : Rows(graph, scratch),
          query_(scratch.residual.set(kept(graph, query, scratch), layout_.kept, layout_.bits)) {}

    float distance(uint32_t node, float /*estimate*/) const { return compare(node); }
    void offer_neighbours(uint32_t node, float distance) {
        const uint8_t* row = at(node);
        const uint32_t* neighbours = this->neighbours(node);
        float estimates[simd::block_codes];
        for (size_t block = 0; block < layout_.blocks(); ++block, neighbours += simd::block_codes) {
            uint32_t near = kernels_.estimate(query_, row + block * layout_.block_bytes(), distance,
                                              scratch_.threshold(), estimates);
            for (; near != 0; near &= near - 1) {
                const auto i = static_cast<size_t>(__builtin_ctz(near));
                if (neighbours[i] == no_node || !scratch_.visited.insert(neighbours[i])) continue;
                scratch_.pool.add(estimates[i], neighbours[i]);
            }
            scratch_.pool.added();
        }
    }
    void fetch(uint32_t node) const { prefetch(at(node), row_bytes_); }

  private:
    // What residual codes have of the query.
    static const float* kept(const Graph& graph, const float* query, SearchScratch& scratch) {
        if (!graph.projection()) return query;
        scratch.projected.resize(graph.layout().kept);
        graph.projection()->apply(scratch.int8, scratch.projected.data());
        return scratch.projected.data();
    }

    const simd::BlockQuery& query_;
};

// Without: neighbours are compared by the codes in their own rows, when a walk comes to a node that has them.
class PlainRows : public Rows {
  public:
    PlainRows(const Graph& graph, const float* /*query*/, SearchScratch& scratch) : Rows(graph, scratch) {
        scratch.fresh.resize(layout_.degree + 1);
    }

    float distance(uint32_t /*node*/, float compared) const { return compared; }
    void offer_neighbours(uint32_t node, float /*distance*/) {
        const uint32_t* neighbours = this->neighbours(node);
        uint32_t* fresh = scratch_.fresh.data();
        size_t count = 0;
        for (size_t i = 0; i < layout_.degree && neighbours[i] != no_node; ++i) {
            fresh[count] = neighbours[i];
            count += scratch_.visited.insert(neighbours[i]) ? 1 : 0;
        }
        for (size_t i = 0; i < std::min(count, fetched_ahead); ++i) fetch_code(fresh[i]);
        for (size_t i = 0; i < count; ++i) {
            if (i + fetched_ahead < count) fetch_code(fresh[i + fetched_ahead]);
            const float distance = compare(fresh[i]);
            if (distance < scratch_.threshold()) scratch_.pool.add(distance, fresh[i]);
            if (i % simd::block_codes == simd::block_codes - 1) scratch_.pool.added();
        }
        scratch_.pool.added();
    }
    void fetch(uint32_t node) const {
        prefetch(at(node) + layout_.neighbours_offset(), layout_.degree * sizeof(uint32_t));
    }

  private:
    static constexpr size_t fetched_ahead = 4;

    void fetch_code(uint32_t node) const {
        prefetch(at(node) + layout_.factors_offset(), row_bytes_ - layout_.factors_offset());
    }
};

}  // namespace

// Puts the nearest of the starts into the pool. Where the only one is to be passed by, it is walked through.
void Graph::begin(SearchScratch& scratch) const {
    struct Start {
        float distance;
        uint32_t node;
    };
    const auto start_at = [&](size_t i) {
        return Start{
            scratch.int8.distance(simd::code_kernels(), start_codes_.bytes(i), start_codes_.factors(i)),
            starts_[i]};
    };
    std::array<Start, walks_begun> nearest;
    nearest.fill({std::numeric_limits<float>::infinity(), no_node});
    for (size_t i = 0; i < starts_.size(); ++i) {
        Start start = start_at(i);
        for (Start& kept : nearest)
            if (start.distance < kept.distance) std::swap(start, kept);
    }
    for (const Start& start : nearest)
        if (start.node != no_node && scratch.visited.insert(start.node))
            scratch.pool.add(start.distance, start.node);
    if (scratch.pool.empty()) {
        scratch.visited.insert(entry_);
        scratch.pool.add(start_at(0).distance, entry_);
    }
    scratch.pool.added();
}

// `visitor` is shown each node that was expanded, and says whether to go on.
template <class Rows, class Visitor>
void Graph::expand(Rows rows, SearchScratch& scratch, Visitor& visitor) const {
    for (const uint32_t loose : loose_)
        if (scratch.visited.insert(loose)) visitor(Found{rows.compare(loose), loose});
    begin(scratch);
    std::array<Pool::Candidate, chosen_at_once> chosen;
    for (;;) {
        size_t count = 0;
        while (count < chosen.size()) {
            const auto nearest = scratch.pool.next();
            if (!nearest || nearest->distance > scratch.reach.distance()) break;
            chosen[count++] = *nearest;
        }
        if (count == 0) return;
        const auto all = std::span(chosen).first(count);
        for (const Pool::Candidate& next : all) prefetch(row(next.node), 1);
        for (const Pool::Candidate& next : all) rows.fetch(next.node);
        for (const Pool::Candidate& now : all) {
            const float distance = rows.distance(now.node, now.distance);
            if (!visitor(Found{distance, now.node})) return;
            rows.offer_neighbours(now.node, distance);
        }
    }
}

template <class Visitor>
void Graph::walk(const float* query, SearchScratch& scratch, Visitor visitor) const {
    if (layout_.bits > 0) {
        expand(InlineRows(*this, query, scratch), scratch, visitor);
    } else {
        expand(PlainRows(*this, query, scratch), scratch, visitor);
    }
}

void Graph::prepare(SearchScratch& scratch, const float* query, const Walk& walk) const {
    scratch.int8.set(query, layout_.dimension);
    scratch.visited.reset(nodes_);
    scratch.pool.reset(walk.ef);
    scratch.reach.reset(walk.nearest, walk.reach);
}

void Graph::search(const float* query, const Walk& walk, std::vector<Found>& found, uint32_t without) const {
    SearchScratch& scratch = scratch_of_thread();
    found.clear();
    if (nodes_ == 0) return;
    prepare(scratch, query, walk);
    if (without != no_node) scratch.visited.insert(without);
    this->walk(query, scratch, [&](const Found& one) {
        found.push_back(one);
        if (one.node != without) scratch.expanded(one.distance);
        return true;
    });
    // The entry is walked through all the same.
    if (without == entry_) std::erase_if(found, [&](const Found& one) { return one.node == without; });
}

size_t Graph::search(const float* query, const Walk& walk, const paths::Selection& of_nodes,
                     std::vector<Found>& found) const {
    SearchScratch& scratch = scratch_of_thread();
    found.clear();
    if (nodes_ == 0) return 0;
    prepare(scratch, query, walk);
    const auto among = static_cast<size_t>(static_cast<double>(walk.nearest) / of_nodes.share);
    size_t expanded = 0;
    this->walk(query, scratch, [&](const Found& one) {
        ++expanded;
        if (of_nodes.accept(one.node)) {
            found.push_back(one);
            scratch.reach.found(one.distance, scratch.pool.nth(among));
            scratch.pool.cut(scratch.reach.distance());
        }
        return expanded < of_nodes.nodes_max;
    });
    return expanded;
}

void Graph::compare(const float* query, std::span<const uint32_t> nodes, std::vector<Found>& found) const {
    constexpr size_t fetched_ahead = 8;
    thread_local codes::Int8Query int8;
    int8.set(query, layout_.dimension);
    const simd::CodeKernels& kernels = simd::code_kernels();
    const auto code = [&](uint32_t node) {
        return reinterpret_cast<const uint8_t*>(row(node)) + layout_.factors_offset();
    };
    const size_t code_bytes = sizeof(codes::Int8Factors) + layout_.dimension;
    found.clear();
    for (size_t i = 0; i < std::min(fetched_ahead, nodes.size()); ++i) prefetch(code(nodes[i]), code_bytes);
    for (size_t i = 0; i < nodes.size(); ++i) {
        if (i + fetched_ahead < nodes.size()) prefetch(code(nodes[i + fetched_ahead]), code_bytes);
        codes::Int8Factors factors;
        std::memcpy(&factors, code(nodes[i]), sizeof factors);
        found.push_back({int8.distance(kernels, code(nodes[i]) + sizeof factors, factors), nodes[i]});
    }
}

}  // namespace vexfs::graph
