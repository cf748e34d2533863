// SPDX-License-Identifier: Apache-2.0
#include "fuse/node_table.h"

#include "vexfsd/tree/points_file.h"

namespace vexfs::fuse {
namespace {

bool same(const Node& a, const Node& b) {
    if (a.role != b.role || a.collection != b.collection || a.point != b.point || a.spool != b.spool)
        return false;
    if (a.state == b.state) return true;
    if (!a.state || !b.state) return false;
    return a.state->state().instance == b.state->state().instance &&
           a.state->state().version == b.state->state().version;
}

}  // namespace

uint64_t NodeTable::enter(const Node& node) {
    if (node.role == Role::root) return number_of(node);
    const std::lock_guard lock(mutex_);
    for (uint64_t number = number_of(node);; ++number) {
        const auto [entry, fresh] = known_.try_emplace(number, Known{node, 0});
        if (!fresh && !same(entry->second.node, node)) continue;
        // Of two objects for one state the later one may be open.
        entry->second.node = node;
        ++entry->second.lookups;
        return number;
    }
}

void NodeTable::restore(uint64_t number, const Node& node) {
    const std::lock_guard lock(mutex_);
    known_.try_emplace(number, Known{node, 1});
}

std::optional<Node> NodeTable::find(uint64_t number) const {
    if (number == number_of(Node{})) return Node{};
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(number);
    return found == known_.end() ? std::nullopt : std::optional(found->second.node);
}

void NodeTable::forget(uint64_t number, uint64_t lookups) {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(number);
    if (found == known_.end()) return;
    if (found->second.lookups <= lookups) {
        known_.erase(found);
    } else {
        found->second.lookups -= lookups;
    }
}

}  // namespace vexfs::fuse
