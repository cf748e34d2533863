// SPDX-License-Identifier: Apache-2.0
#include "engine/lsh/tables.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "engine/base/parallel.h"
#include "engine/codes/panel_distances.h"

namespace vexfs::lsh {
namespace {

constexpr size_t sampled_nodes_max = 2'000;
constexpr size_t levels_spare = 4;  // beyond what halves would need
constexpr size_t key_bits = 32;

size_t levels_for(size_t nodes, const LshParameters& parameters) {
    const size_t halves = std::bit_width(nodes / parameters.bucket_size);
    if (halves == 0) return 0;
    return std::min({halves + levels_spare, size_t{parameters.num_functions}, key_bits});
}

codes::Int8Table sample_of(const codes::Int8Table& codes) {
    const size_t step = codes.count() / sampled_nodes_max + 1;
    std::vector<uint32_t> nodes;
    for (size_t node = step / 2; node < codes.count(); node += step)
        nodes.push_back(static_cast<uint32_t>(node));
    return {codes, nodes, 1};
}

// The first level's side is a key's highest bit.
uint32_t bit_of(size_t level) {
    return uint32_t{1} << (key_bits - 1 - level);
}

Table table_of(const std::vector<uint32_t>& keys, size_t levels, size_t bucket_size) {
    Table table;
    table.nodes.resize(keys.size());
    std::iota(table.nodes.begin(), table.nodes.end(), 0U);
    std::ranges::sort(table.nodes,
                      [&](uint32_t a, uint32_t b) { return keys[a] != keys[b] ? keys[a] < keys[b] : a < b; });
    table.branches.push_back({0, static_cast<uint32_t>(keys.size()), 0});
    std::vector<size_t> level_of{0};
    for (size_t i = 0; i < table.branches.size(); ++i) {
        const Branch branch = table.branches[i];
        if (branch.end - branch.first <= bucket_size || level_of[i] >= levels) continue;
        const uint32_t bit = bit_of(level_of[i]);
        const auto middle =
            std::partition_point(table.nodes.begin() + branch.first, table.nodes.begin() + branch.end,
                                 [&](uint32_t node) { return (keys[node] & bit) == 0; });
        const auto split = static_cast<uint32_t>(middle - table.nodes.begin());
        table.branches[i].children = static_cast<uint32_t>(table.branches.size());
        table.branches.push_back({branch.first, split, 0});
        table.branches.push_back({split, branch.end, 0});
        level_of.insert(level_of.end(), 2, level_of[i] + 1);
    }
    return table;
}

}  // namespace

bool Table::consistent(size_t count, size_t levels) const {
    if (nodes.size() != count || branches.empty()) return false;
    std::vector<bool> seen(count);
    for (const uint32_t node : nodes) {
        if (node >= count || seen[node]) return false;
        seen[node] = true;
    }
    if (branches[0].first != 0 || branches[0].end != count) return false;
    std::vector<size_t> level_of(branches.size());
    size_t next = 1;
    for (size_t i = 0; i < branches.size(); ++i) {
        const Branch& branch = branches[i];
        if (branch.children == 0) continue;
        if (branch.children != next || next + 1 >= branches.size() || level_of[i] >= levels) return false;
        const Branch &low = branches[next], &high = branches[next + 1];
        if (low.first != branch.first || low.end != high.first || high.end != branch.end ||
            low.end < low.first || high.end < high.first)
            return false;
        level_of[next] = level_of[next + 1] = level_of[i] + 1;
        next += 2;
    }
    return next == branches.size();
}

Tables::Tables(const codes::Int8Table& codes, const LshParameters& parameters, uint64_t seed,
               unsigned threads, const std::stop_token& stop)
    : functions_(sample_of(codes), parameters, levels_for(codes.count(), parameters), seed),
      tables_(parameters.num_tables) {
    const size_t levels = functions_.levels();
    std::vector<std::vector<uint32_t>> keys(tables_.size(), std::vector<uint32_t>(codes.count()));
    std::vector<uint32_t> all(codes.count());
    std::iota(all.begin(), all.end(), 0U);
    const auto hash = [&](size_t node, const float* distances) {
        for (size_t function = 0; function < functions_.normals().count(); ++function)
            if (functions_.margin(function, codes.factors(node).norm, distances[function]) >= 0)
                keys[function / levels][node] |= bit_of(function % levels);
    };
    if (levels > 0) codes::for_distances(codes, all, functions_.normals(), threads, stop, hash);
    parallel_for(threads, tables_.size(), [&](unsigned, size_t i) {
        if (!stop.stop_requested()) tables_[i] = table_of(keys[i], levels, parameters.bucket_size);
    });
}

size_t Tables::memory_bytes() const {
    size_t bytes = functions_.memory_bytes();
    for (const Table& table : tables_)
        bytes += table.branches.size() * sizeof(Branch) + table.nodes.size() * sizeof(uint32_t);
    return bytes;
}

void Tables::probe(const codes::Int8Query& query, size_t buckets,
                   FunctionRef<void(std::span<const uint32_t>)> body) const {
    struct Pending {
        float distance;  // squared, of the query to what it leads to
        uint32_t table, branch, level;
    };
    thread_local std::vector<Pending> pending;
    thread_local std::vector<float> margins;  // of each function, not a number where it isn't known yet
    const auto farther = [](const Pending& a, const Pending& b) { return a.distance > b.distance; };
    const simd::CodeKernels& kernels = simd::code_kernels();
    margins.assign(functions_.normals().count(), std::numeric_limits<float>::quiet_NaN());
    const auto margin = [&](size_t function) {
        float& known = margins[function];
        if (known != known) {
            const auto& normals = functions_.normals();
            known = functions_.margin(
                function, query.norm(),
                query.distance(kernels, normals.bytes(function), normals.factors(function)));
        }
        return known;
    };
    pending.clear();
    for (uint32_t i = 0; i < std::min(buckets, tables_.size()); ++i) pending.push_back({0, i, 0, 0});
    for (size_t probed = 0; probed < buckets && !pending.empty();) {
        std::ranges::pop_heap(pending, farther);
        auto [distance, number, at, level] = pending.back();
        pending.pop_back();
        const Table& table = tables_[number];
        // Down on the query's side, the other one being kept for later.
        for (; table.branches[at].children != 0; ++level) {
            const float behind = margin(number * functions_.levels() + level);
            const uint32_t children = table.branches[at].children;
            at = children + (behind >= 0 ? 1 : 0);
            pending.push_back(
                {distance + behind * behind, number, children + (behind >= 0 ? 0 : 1), level + 1});
            std::ranges::push_heap(pending, farther);
        }
        const Branch& bucket = table.branches[at];
        if (bucket.first == bucket.end) continue;
        body(std::span(table.nodes).subspan(bucket.first, bucket.end - bucket.first));
        ++probed;
    }
}

}  // namespace vexfs::lsh
