// SPDX-License-Identifier: Apache-2.0
// What the kernel knows of the tree: each inode number that it was told, until it forgets it. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "vexfsd/tree/node.h"

namespace vexfs::fuse {

class NodeTable {
  public:
    // Counts one look-up. The number is the node's own, or another where a different node has that one.
    uint64_t enter(const Node& node);
    // What the kernel knows from an earlier daemon.
    void restore(uint64_t number, const Node& node);
    // None for a number that was never told, such as one of an earlier daemon.
    std::optional<Node> find(uint64_t number) const;
    void forget(uint64_t number, uint64_t lookups);

  private:
    struct Known {
        Node node;
        uint64_t lookups = 0;
    };
    mutable std::mutex mutex_;
    std::unordered_map<uint64_t, Known> known_;
};

}  // namespace vexfs::fuse
