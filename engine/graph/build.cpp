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
constexpr size_t candidates_max = partitions * overlap * leaf_links_max;  // of a node, from all its leaves
constexpr size_t reverses_max = 96;
constexpr size_t strip_nodes = 512;
constexpr std::array first_alphas{1.1F};
constexpr std::array refined_alphas{1.0F, 1.1F, 1.2F, 1.35F, 1.6F, 2.0F};

// Links of all nodes turned around: those to a node lie behind each other, ordered by where they come from.
// Their memory goes back to the kernel, which what the heap has had once mostly doesn't.
class Reverses {
  public:
    Reverses(const LinkTable& links, unsigned threads) : ends_(links.nodes() + 1) {
        // Each of the threads looks at all links for those to its share of the nodes.
        const size_t shares = std::max(1U, threads), share = links.nodes() / shares + 1;
        const auto for_links = [&](auto body) {
            parallel_for(threads, shares, [&](unsigned, size_t own) {
                for (size_t node = 0; node < links.nodes(); ++node)
                    for (const Link& link : links.of(node))
                        if (link.node - own * share < share) body(node, link);
            });
        };
        for_links([&](size_t, const Link& link) { ++ends_[link.node + 1]; });
        std::partial_sum(ends_.begin(), ends_.end(), ends_.begin());
        memory_ = AnonymousMemory(ends_.back() * sizeof(Link));
        Positions next(ends_.begin(), ends_.end() - 1);
        for_links([&](size_t node, const Link& link) {
            data()[next[link.node]++] = {link.distance, static_cast<uint32_t>(node)};
        });
    }
    std::span<const Link> of(size_t node) const {
        return {data() + ends_[node], ends_[node + 1] - ends_[node]};
    }

  private:
    using Positions = std::vector<uint64_t, HugeAllocator<uint64_t>>;

    Link* data() const { return reinterpret_cast<Link*>(memory_.data()); }

    Positions ends_;
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

// Adds to the links of each node all of their reverses, and prunes them to the degree.
void add_reverses(const codes::Int8Table& table, LinkTable& links, std::span<const float> alphas,
                  const BuildOptions& options) {
    const Reverses reverses(links, options.threads);
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
        links.assign(node, candidates.size() <= options.degree
                               ? std::span<const Link>(candidates)
                               : pruner.prune(candidates, options.degree, alphas));
    });
}

// Numbers the nodes anew, leaf after leaf, in the table and in the leaves.
void renumber(codes::Int8Table& table, std::vector<std::vector<uint32_t>>& leaves,
              std::vector<uint32_t>& order, unsigned threads) {
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
    table = codes::Int8Table(table, order, threads);
}

// Links inside the leaves of a partition.
void link_leaves(const codes::Int8Table& table, const std::vector<std::vector<uint32_t>>& leaves,
                 LinkTable& found, const BuildOptions& options) {
    constexpr size_t fetched_ahead = 4;
    std::vector<Leaf> workers(std::max(1U, options.threads));
    std::vector<std::atomic_flag> locks(4096);
    parallel_for(options.threads, leaves.size(), [&](unsigned index, size_t i) {
        if (options.stop.stop_requested()) return;
        Leaf& leaf = workers[index];
        leaf.measure(table, leaves[i]);
        std::array<Link, leaf_links_max> links;
        for (size_t k = 0; k < leaves[i].size(); ++k) {
            if (k + fetched_ahead < leaves[i].size()) found.prefetch(leaves[i][k + fetched_ahead]);
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
    LinkTable links(table.count(), std::max(candidates_max, options.degree));
    for (size_t turn = 0; turn < partitions; ++turn) {
        auto leaves = partition(table, overlap, options.seed * 1000 + turn, options.threads, options.stop);
        if (options.stop.stop_requested()) return links;
        if (turn == 0) renumber(table, leaves, order, options.threads);
        link_leaves(table, leaves, links, options);
    }
    auto workers = workers_for(table, options.threads);
    for_nodes(table.count(), options, [&](unsigned index, size_t node) {
        auto& [pruner, candidates] = workers[index];
        candidates.assign(links.of(node).begin(), links.of(node).end());
        pruner.sort(static_cast<uint32_t>(node), candidates);
        links.assign(node, pruner.prune(candidates, options.degree, first_alphas));
    });
    links.set_capacity(options.degree);
    add_reverses(table, links, first_alphas, options);
    return links;
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
    add_reverses(table, refined, refined_alphas, options);
    return refined;
}

}  // namespace vexfs::graph
