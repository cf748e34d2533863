// SPDX-License-Identifier: Apache-2.0
// The links of a graph while it is built: for each node its neighbours with their distances, nearest first.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/prefetch.h"
#include "engine/index/anonymous_memory.h"

namespace vexfs::graph {

struct Link {
    float distance = 0;  // squared, of the int8 codes
    uint32_t node = 0;

    // Ties by number, so that a build depends on nothing but its input.
    friend bool operator<(const Link& a, const Link& b) {
        return a.distance != b.distance ? a.distance < b.distance : a.node < b.node;
    }
};

// In their order as numbers.
inline uint64_t key_of(const Link& link) {
    return uint64_t{std::bit_cast<uint32_t>(std::max(link.distance, 0.0F))} << 32 | link.node;
}
inline Link link_of(uint64_t key) {
    return {std::bit_cast<float>(static_cast<uint32_t>(key >> 32)), static_cast<uint32_t>(key)};
}

// Room for `capacity` links of each node, one node's behind the other's.
class LinkTable {
  public:
    LinkTable(size_t nodes, size_t capacity)
        : stride_(capacity), capacity_(capacity), memory_(nodes * capacity * sizeof(Link)), counts_(nodes) {}

    size_t nodes() const { return counts_.size(); }
    size_t capacity() const { return capacity_; }
    // From now on: of fewer, each node having no more than so many.
    void set_capacity(size_t capacity) { capacity_ = capacity; }
    std::span<Link> of(size_t node) const { return {data() + node * stride_, counts_[node]}; }
    // All there is room for: how many a node has, another thread may be changing.
    void prefetch(size_t node) const { vexfs::prefetch(data() + node * stride_, capacity_ * sizeof(Link)); }
    void assign(size_t node, std::span<const Link> links) {
        std::copy(links.begin(), links.end(), data() + node * stride_);
        counts_[node] = static_cast<uint16_t>(links.size());
    }
    // Thread-safe beside itself for different nodes only.
    void append(size_t node, const Link& link) {
        if (counts_[node] < capacity_) data()[node * stride_ + counts_[node]++] = link;
    }

  private:
    Link* data() const { return reinterpret_cast<Link*>(memory_.data()); }

    size_t stride_, capacity_;
    AnonymousMemory memory_;
    std::vector<uint16_t> counts_;
};

}  // namespace vexfs::graph
