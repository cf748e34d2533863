// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/partition.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>

#include "engine/codes/panel_distances.h"

namespace vexfs::graph {
namespace {

constexpr size_t leaders_max = 1000;
constexpr size_t cluster_points_wanted = 600;  // on average, before the large ones are split
constexpr size_t leaf_points_wanted = 500;
constexpr size_t overlap_max = 4;

// `count` different ones of `members`.
std::vector<uint32_t> draw(const std::vector<uint32_t>& members, size_t count, uint64_t seed) {
    std::mt19937_64 engine(seed);
    std::vector<uint32_t> drawn;
    std::sample(members.begin(), members.end(), std::back_inserter(drawn), count, engine);
    return drawn;
}

struct Nearest {
    float distance = std::numeric_limits<float>::infinity();
    uint32_t leader = 0;
};

// The `overlap` least of `distances`.
void nearest_leaders(const float* distances, size_t count, size_t overlap, Nearest* nearest) {
    thread_local std::vector<uint32_t> below;
    below.resize(count + 16);
    std::fill(nearest, nearest + overlap, Nearest{});
    const auto offer = [&](size_t i) {
        if (!(distances[i] < nearest[overlap - 1].distance)) return;
        size_t at = overlap - 1;
        for (; at > 0 && distances[i] < nearest[at - 1].distance; --at) nearest[at] = nearest[at - 1];
        nearest[at] = {distances[i], static_cast<uint32_t>(i)};
    };
    const size_t first = std::min<size_t>(count, 64);
    for (size_t i = 0; i < first; ++i) offer(i);
    const size_t found = simd::code_kernels().select_below(distances + first, count - first,
                                                           nearest[overlap - 1].distance, below.data());
    for (size_t i = 0; i < found; ++i) offer(first + below[i]);
}

// The members of each leader's cluster, in the order of `members`.
std::vector<std::vector<uint32_t>> cluster(const codes::Int8Table& table,
                                           const std::vector<uint32_t>& members,
                                           const std::vector<uint32_t>& leaders, size_t overlap,
                                           unsigned threads, const std::stop_token& stop) {
    overlap = std::min({overlap, leaders.size(), overlap_max});
    std::vector<uint32_t, HugeAllocator<uint32_t>> chosen(members.size() * overlap);
    codes::for_distances(table, members, codes::Int8Table(table, leaders, 1), threads, stop,
                         [&](size_t i, const float* distances) {
                             Nearest nearest[overlap_max];
                             nearest_leaders(distances, leaders.size(), overlap, nearest);
                             for (size_t k = 0; k < overlap; ++k) chosen[i * overlap + k] = nearest[k].leader;
                         });
    std::vector<std::vector<uint32_t>> clusters(leaders.size());
    for (size_t i = 0; i < chosen.size(); ++i) clusters[chosen[i]].push_back(members[i / overlap]);
    return clusters;
}

}  // namespace

std::vector<std::vector<uint32_t>> partition(const codes::Int8Table& table, size_t overlap, uint64_t seed,
                                             unsigned threads, const std::stop_token& stop) {
    std::vector<uint32_t> all(table.count());
    std::iota(all.begin(), all.end(), 0U);
    if (all.size() <= leaf_points_max) return {std::move(all)};
    const size_t wanted = std::max<size_t>(2, overlap * all.size() / cluster_points_wanted);
    std::vector<std::vector<uint32_t>> pending =
        cluster(table, all, draw(all, std::min(leaders_max, wanted), seed), overlap, threads, stop);
    std::vector<std::vector<uint32_t>> leaves;
    while (!pending.empty() && !stop.stop_requested()) {
        std::vector<uint32_t> members = std::move(pending.back());
        pending.pop_back();
        if (members.empty()) continue;
        if (members.size() <= leaf_points_max) {
            leaves.push_back(std::move(members));
            continue;
        }
        const size_t parts = std::max<size_t>(2, members.size() / leaf_points_wanted);
        auto split = cluster(table, members, draw(members, parts, ++seed), 1, threads, stop);
        // Points that are all alike can't be told apart by leaders.
        const bool stuck =
            std::ranges::any_of(split, [&](const auto& part) { return part.size() == members.size(); });
        for (size_t i = 0; stuck && i < split.size(); ++i) split[i].clear();
        for (size_t i = 0; stuck && i < members.size(); ++i) split[i % split.size()].push_back(members[i]);
        for (auto& part : split) pending.push_back(std::move(part));
    }
    return stop.stop_requested() ? std::vector<std::vector<uint32_t>>{} : leaves;
}

}  // namespace vexfs::graph
