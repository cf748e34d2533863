// SPDX-License-Identifier: Apache-2.0
#include "engine/lists/lists.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/base/parallel.h"
#include "engine/base/prefetch.h"
#include "engine/codes/residual.h"

namespace vexfs::lists {
namespace {

using codes::no_node;
using simd::block_codes;

constexpr uint16_t infinite_half = 0x7c00;
constexpr size_t strip_blocks = 16;
constexpr size_t fetched_ahead = 2048;
constexpr size_t chunk_blocks = Shortlist::chunk_nodes / block_codes;

size_t blocks_for(size_t nodes) {
    return (nodes + block_codes - 1) / block_codes;
}

}  // namespace

Lists::Lists(const codes::Int8Table& table, std::vector<float> centroids,
             const std::vector<uint32_t>& list_of, unsigned threads)
    : dimension_(table.dimension()), centroids_(std::move(centroids)) {
    if (centroids_.empty()) centroids_.resize(dimension_);
    const auto list = [&](size_t node) { return list_of.empty() ? 0 : list_of[node]; };
    std::vector<size_t> counts(centroids_.size() / std::max<size_t>(dimension_, 1));
    for (size_t node = 0; node < table.count(); ++node) ++counts[list(node)];
    first_blocks_.assign(1, 0);
    for (const size_t count : counts)
        first_blocks_.push_back(first_blocks_.back() + static_cast<uint32_t>(blocks_for(count)));
    nodes_.assign(first_blocks_.back() * block_codes, no_node);
    std::vector<size_t> next(counts.size());
    for (size_t i = 0; i < next.size(); ++i) next[i] = first_blocks_[i] * block_codes;
    for (size_t node = 0; node < table.count(); ++node)
        nodes_[next[list(node)]++] = static_cast<uint32_t>(node);
    memory_ = AnonymousMemory(blocks_bytes() + simd::code_slack);
    fill(table, threads);
    code_centroids();
}

Lists::Lists(size_t dimension, std::vector<float> centroids, std::vector<uint32_t> first_blocks)
    : dimension_(dimension),
      centroids_(std::move(centroids)),
      first_blocks_(std::move(first_blocks)),
      nodes_(first_blocks_.back() * block_codes),
      memory_(blocks_bytes() + simd::code_slack) {
    code_centroids();
}

void Lists::fill(const codes::Int8Table& table, unsigned threads) {
    const size_t blocks = first_blocks_.back();
    parallel_for(threads, (blocks + strip_blocks - 1) / strip_blocks, [&](unsigned, size_t strip) {
        std::vector<float> vector(dimension_), scratch(simd::encode_scratch(dimension_));
        for (size_t block = strip * strip_blocks; block < std::min(blocks, (strip + 1) * strip_blocks);
             ++block) {
            const auto behind = std::upper_bound(first_blocks_.begin(), first_blocks_.end(), block);
            const float* centroid =
                &centroids_[static_cast<size_t>(behind - first_blocks_.begin() - 1) * dimension_];
            auto* to = reinterpret_cast<uint8_t*>(memory_.data()) + block * block_bytes();
            for (size_t slot = 0; slot < block_codes; ++slot) {
                const uint32_t node = nodes_[block * block_codes + slot];
                if (node == no_node) {
                    std::memcpy(memory_.data() + f_add_offset(block * block_codes + slot), &infinite_half,
                                sizeof infinite_half);
                    continue;
                }
                table.decode(node, vector.data());
                simd::code_kernels().residual_encode(vector.data(), centroid, dimension_, 0, 1, slot,
                                                     scratch.data(), to);
            }
        }
    });
}

void Lists::code_centroids() {
    if (lists() == 1) return;
    centroid_codes_ = codes::Int8Table(lists(), dimension_);
    for (size_t i = 0; i < lists(); ++i) centroid_codes_.set(i, &centroids_[i * dimension_]);
}

bool Lists::consistent(size_t node_count) const {
    std::vector<bool> seen(node_count);
    size_t count = 0;
    for (size_t i = 0; i < nodes_.size(); ++i) {
        if (nodes_[i] == no_node) {
            // That no query finds it.
            uint16_t f_add;
            std::memcpy(&f_add, memory_.data() + f_add_offset(i), sizeof f_add);
            if (f_add != infinite_half) return false;
            continue;
        }
        if (nodes_[i] >= node_count || seen[nodes_[i]]) return false;
        seen[nodes_[i]] = true;
        ++count;
    }
    return count == node_count;
}

size_t Lists::memory_bytes() const {
    return centroids_.size() * (sizeof(float) + 1) + nodes_.size() * sizeof(uint32_t) +
           memory_.resident_bytes();
}

size_t Lists::search(const float* query, size_t probes, size_t breadth, Shortlist& nearest) const {
    struct Scratch {
        codes::ResidualQuery residual;
        codes::Int8Query int8;
        std::vector<std::pair<float, uint32_t>> order;
        std::array<float, Shortlist::chunk_nodes> estimates;
    };
    thread_local Scratch scratch;
    const simd::CodeKernels& kernels = simd::code_kernels();
    const simd::Kernels& exact = simd::kernels();
    const simd::BlockQuery& block_query = scratch.residual.set(query, dimension_, 1);
    auto& order = scratch.order;
    order.assign(1, {0.0F, 0});
    if (lists() > 1) {
        order.clear();
        scratch.int8.set(query, dimension_);
        for (uint32_t i = 0; i < lists(); ++i)
            order.emplace_back(
                scratch.int8.distance(kernels, centroid_codes_.bytes(i), centroid_codes_.factors(i)), i);
    }
    nearest.reset(breadth);
    size_t seen = 0, sorted = 0;
    for (size_t i = 0; i < order.size() && (i < probes || seen < breadth); ++i) {
        if (i == sorted) {
            sorted = std::min(order.size(), std::max(probes, 2 * i));
            std::partial_sort(order.begin() + static_cast<ptrdiff_t>(i),
                              order.begin() + static_cast<ptrdiff_t>(sorted), order.end());
        }
        const uint32_t list = order[i].second;
        const float base = exact.euclidean_squared(query, &centroids_[list * dimension_], dimension_);
        const auto* block =
            reinterpret_cast<const uint8_t*>(memory_.data()) + first_blocks_[list] * block_bytes();
        const uint32_t* nodes = nodes_.data() + first_blocks_[list] * block_codes;
        for (size_t left = first_blocks_[list + 1] - first_blocks_[list]; left > 0;) {
            const size_t count = std::min(left, chunk_blocks);
            for (size_t k = 0; k < count; ++k, block += block_bytes()) {
                prefetch(block + fetched_ahead, block_bytes());
                kernels.estimate(block_query, block, base, 0, &scratch.estimates[k * block_codes]);
            }
            nearest.add(scratch.estimates.data(), nodes, count * block_codes);
            nodes += count * block_codes;
            left -= count;
        }
        seen += (first_blocks_[list + 1] - first_blocks_[list]) * block_codes;
    }
    nearest.finish();
    return seen;
}

}  // namespace vexfs::lists
