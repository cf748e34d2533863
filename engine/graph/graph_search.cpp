// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <limits>

#include "engine/graph/graph.h"
#include "engine/graph/pool.h"

namespace vexfs::graph {
namespace {

// A set of nodes, cleared by what was put in.
class Visited {
  public:
    void reset(size_t nodes) {
        for (const uint32_t word : touched_) words_[word] = 0;
        touched_.clear();
        if (words_.size() * 64 < nodes) words_.resize((nodes + 63) / 64);
    }
    bool insert(uint32_t node) {
        uint64_t& word = words_[node / 64];
        const uint64_t bit = uint64_t{1} << (node % 64);
        if ((word & bit) != 0) return false;
        if (word == 0) touched_.push_back(node / 64);
        word |= bit;
        return true;
    }

  private:
    std::vector<uint64_t> words_;
    std::vector<uint32_t> touched_;
};

}  // namespace

struct Graph::Scratch {
    Pool pool;
    Visited visited;
    codes::Int8Query int8;
    codes::ResidualQuery residual;
};

namespace {

constexpr size_t walks_begun = 3;

void prefetch(const std::byte* row, size_t bytes) {
    for (size_t at = 0; at < bytes; at += 64) {
        __builtin_prefetch(row + at);
        std::atomic_signal_fence(std::memory_order_relaxed);  // GCC 12 would keep the first alone
    }
}

}  // namespace

// Puts the nearest of the starts into the pool. Where the only one is to be passed by, it is walked through.
void Graph::begin(const simd::CodeKernels& kernels, Scratch& scratch) const {
    struct Start {
        float distance;
        uint32_t node;
    };
    std::array<Start, walks_begun> nearest;
    nearest.fill({std::numeric_limits<float>::infinity(), no_node});
    for (size_t i = 0; i < starts_.size(); ++i) {
        Start start{scratch.int8.distance(kernels, start_codes_.bytes(i), start_codes_.factors(i)),
                    starts_[i]};
        for (Start& kept : nearest)
            if (start.distance < kept.distance) std::swap(start, kept);
    }
    for (const Start& start : nearest)
        if (start.node != no_node && scratch.visited.insert(start.node))
            scratch.pool.add(start.distance, start.node);
    if (scratch.pool.empty()) {
        scratch.visited.insert(entry_);
        scratch.pool.add(0, entry_);
    }
    scratch.pool.added();
}

void Graph::search(const float* query, size_t ef, std::vector<Found>& found, uint32_t without) const {
    thread_local Scratch scratch;
    found.clear();
    if (nodes_ == 0) return;
    const simd::CodeKernels& kernels = simd::code_kernels();
    const size_t row_bytes = layout_.row_bytes(), block_bytes = layout_.block_bytes();
    const simd::BlockQuery& block_query = scratch.residual.set(query, layout_.dimension, layout_.bits);
    scratch.int8.set(query, layout_.dimension);
    scratch.visited.reset(nodes_);
    scratch.pool.reset(ef);

    float estimates[simd::block_codes];
    const auto compare = [&](const uint8_t* row) {
        codes::Int8Factors factors;
        std::memcpy(&factors, row + layout_.factors_offset(), sizeof factors);
        return scratch.int8.distance(kernels, row + layout_.code_offset(), factors);
    };
    for (const uint32_t loose : loose_) {
        if (loose == without) continue;
        scratch.visited.insert(loose);
        found.push_back({compare(reinterpret_cast<const uint8_t*>(row(loose))), loose});
    }
    if (without != no_node) scratch.visited.insert(without);
    begin(kernels, scratch);
    uint32_t node = 0;
    std::array<uint32_t, 8> fetched{};  // the last rows fetched ahead
    size_t fetched_at = 0;
    while (scratch.pool.next(node)) {
        const auto* row = reinterpret_cast<const uint8_t*>(this->row(node));
        const float distance = compare(row);
        found.push_back({distance, node});
        const auto* neighbours = reinterpret_cast<const uint32_t*>(row + layout_.neighbours_offset());
        for (size_t block = 0; block < layout_.blocks(); ++block, neighbours += simd::block_codes) {
            uint32_t near = kernels.estimate(block_query, row + block * block_bytes, distance,
                                             scratch.pool.threshold(), estimates);
            for (; near != 0; near &= near - 1) {
                const auto i = static_cast<size_t>(__builtin_ctz(near));
                if (neighbours[i] == no_node || !scratch.visited.insert(neighbours[i])) continue;
                scratch.pool.add(estimates[i], neighbours[i]);
            }
            scratch.pool.added();
        }
        scratch.pool.peek([&](uint32_t ahead) {
            if (std::ranges::find(fetched, ahead) != fetched.end()) return;
            fetched[fetched_at++ % fetched.size()] = ahead;
            prefetch(this->row(ahead), row_bytes);
        });
    }
    // The entry is walked through all the same.
    if (without == entry_) std::erase_if(found, [&](const Found& one) { return one.node == without; });
}

}  // namespace vexfs::graph
