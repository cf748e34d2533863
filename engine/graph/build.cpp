// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/build.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>

#include "engine/base/parallel.h"
#include "engine/graph/leaf.h"
#include "engine/graph/partition.h"
#include "engine/graph/prune.h"

namespace vexfs::graph {
namespace {

constexpr size_t partitions = 2;
constexpr size_t overlap = 2;
constexpr size_t candidates_max = 64;  // of a node, from all its leaves
constexpr size_t reverses_max = 96;
constexpr size_t strip_nodes = 512;
constexpr std::array first_alphas{1.1F};
constexpr std::array refined_alphas{1.0F, 1.1F, 1.2F, 1.35F, 1.6F, 2.0F};

// Links of all nodes turned around: those to a node lie behind each other, ordered by where they come from.
// Their memory goes back to the kernel, which what the heap has had once mostly doesn't.
class Reverses {
  public:
    explicit Reverses(const LinkTable& links) : ends_(links.nodes() + 1) {
        for (size_t node = 0; node < links.nodes(); ++node)
            for (const Link& link : links.of(node)) ++ends_[link.node + 1];
        std::partial_sum(ends_.begin(), ends_.end(), ends_.begin());
        memory_ = AnonymousMemory(ends_.back() * sizeof(Link));
        std::vector<uint64_t> next(ends_.begin(), ends_.end() - 1);
        for (size_t node = 0; node < links.nodes(); ++node)
            for (const Link& link : links.of(node))
                data()[next[link.node]++] = {link.distance, static_cast<uint32_t>(node)};
    }
    std::span<const Link> of(size_t node) const {
        return {data() + ends_[node], ends_[node + 1] - ends_[node]};
    }

  private:
    Link* data() const { return reinterpret_cast<Link*>(memory_.data()); }

    std::vector<uint64_t> ends_;
    AnonymousMemory memory_;
};

struct Worker {
    explicit Worker(const codes::Int8Table& table) : pruner(table) {}
    Pruner pruner;
    std::vector<Link> candidates;
};

std::vector<Worker> workers_for(const codes::Int8Table& table, unsigned threads) {
    std::vector<Worker> workers;
    for (unsigned i = 0; i < std::max(1U, threads); ++i) workers.emplace_back(table);
    return workers;
}

// All nodes, in strips that the threads share.
void for_nodes(size_t nodes, const BuildOptions& options, FunctionRef<void(unsigned, size_t)> body) {
    parallel_for(options.threads, (nodes + strip_nodes - 1) / strip_nodes,
                 [&](unsigned worker, size_t strip) {
                     if (options.stop.stop_requested()) return;
                     for (size_t i = strip * strip_nodes; i < std::min(nodes, (strip + 1) * strip_nodes); ++i)
                         body(worker, i);
                 });
}

// The links of each node with all of their reverses, pruned to the degree.
LinkTable with_reverses(const codes::Int8Table& table, const LinkTable& links, std::span<const float> alphas,
                        const BuildOptions& options) {
    const Reverses reverses(links);
    LinkTable result(links.nodes(), options.degree);
    auto workers = workers_for(table, options.threads);
    for_nodes(links.nodes(), options, [&](unsigned index, size_t node) {
        auto& [pruner, candidates] = workers[index];
        const std::span<const Link> from = reverses.of(node);
        candidates.assign(from.begin(), from.end());
        if (candidates.size() > reverses_max) {
            std::nth_element(candidates.begin(), candidates.begin() + reverses_max, candidates.end());
            candidates.resize(reverses_max);
        }
        candidates.insert(candidates.end(), links.of(node).begin(), links.of(node).end());
        pruner.sort(static_cast<uint32_t>(node), candidates);
        // Where there is room for all, none is too many.
        result.assign(node, candidates.size() <= options.degree
                                ? std::span<const Link>(candidates)
                                : pruner.prune(candidates, options.degree, alphas));
    });
    return result;
}

// Numbers the nodes anew, leaf after leaf, in the table and in the leaves.
void renumber(codes::Int8Table& table, std::vector<std::vector<uint32_t>>& leaves,
              std::vector<uint32_t>& order) {
    std::vector<uint32_t> number(table.count(), no_node);
    order.clear();
    for (auto& leaf : leaves) {
        for (uint32_t& node : leaf) {
            if (number[node] == no_node) {
                number[node] = static_cast<uint32_t>(order.size());
                order.push_back(node);
            }
            node = number[node];
        }
    }
    table = codes::Int8Table(table, order);
}

// Links inside the leaves of a partition.
void link_leaves(const codes::Int8Table& table, const std::vector<std::vector<uint32_t>>& leaves,
                 LinkTable& found, const BuildOptions& options) {
    std::vector<Leaf> workers(std::max(1U, options.threads));
    std::vector<std::atomic_flag> locks(4096);
    parallel_for(options.threads, leaves.size(), [&](unsigned index, size_t i) {
        if (options.stop.stop_requested()) return;
        Leaf& leaf = workers[index];
        leaf.measure(table, leaves[i]);
        std::array<Link, leaf_links_max> links;
        for (size_t k = 0; k < leaves[i].size(); ++k) {
            const size_t count = leaf.links_of(k, links);
            std::atomic_flag& lock = locks[leaves[i][k] % locks.size()];
            while (lock.test_and_set(std::memory_order_acquire)) {
            }
            for (size_t n = 0; n < count; ++n) found.append(leaves[i][k], links[n]);
            lock.clear(std::memory_order_release);
        }
    });
}

}  // namespace

LinkTable build_links(codes::Int8Table& table, std::vector<uint32_t>& order, const BuildOptions& options) {
    LinkTable found(table.count(), candidates_max);
    for (size_t turn = 0; turn < partitions; ++turn) {
        auto leaves = partition(table, overlap, options.seed * 1000 + turn, options.threads, options.stop);
        if (options.stop.stop_requested()) return found;
        if (turn == 0) renumber(table, leaves, order);
        link_leaves(table, leaves, found, options);
    }
    LinkTable pruned(table.count(), options.degree);
    auto workers = workers_for(table, options.threads);
    for_nodes(table.count(), options, [&](unsigned index, size_t node) {
        auto& [pruner, candidates] = workers[index];
        candidates.assign(found.of(node).begin(), found.of(node).end());
        pruner.sort(static_cast<uint32_t>(node), candidates);
        pruned.assign(node, pruner.prune(candidates, options.degree, first_alphas));
    });
    return with_reverses(table, pruned, first_alphas, options);
}

LinkTable refine_links(const codes::Int8Table& table, const LinkTable& links, const Graph& graph, size_t ef,
                       const BuildOptions& options) {
    // Room is left for links from nodes that this one did not find.
    const size_t forward = std::max<size_t>(1, options.degree * 3 / 4);
    LinkTable refined(table.count(), options.degree);
    auto workers = workers_for(table, options.threads);
    std::vector<std::vector<float>> vectors(workers.size(), std::vector<float>(table.dimension()));
    std::vector<std::vector<Found>> found(workers.size());
    for_nodes(table.count(), options, [&](unsigned index, size_t node) {
        auto& [pruner, candidates] = workers[index];
        table.decode(node, vectors[index].data());
        graph.search(vectors[index].data(), {ef}, found[index]);
        candidates.assign(links.of(node).begin(), links.of(node).end());
        for (const Found& one : found[index]) candidates.push_back({one.distance, one.node});
        pruner.sort(static_cast<uint32_t>(node), candidates);
        refined.assign(node, pruner.prune(candidates, forward, refined_alphas));
    });
    return with_reverses(table, refined, refined_alphas, options);
}

}  // namespace vexfs::graph
