// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/channel/known_nodes.h"

namespace vexfs::channel {
namespace {

constexpr size_t nodes_max = 4096;

}  // namespace

void KnownNodes::remember(uint64_t number, const Node& node) {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_number_.find(number); found != by_number_.end()) {
        found->second->node = node;
        by_use_.splice(by_use_.begin(), by_use_, found->second);
        return;
    }
    by_use_.push_front({number, node});
    by_number_.emplace(number, by_use_.begin());
    if (by_use_.size() <= nodes_max) return;
    by_number_.erase(by_use_.back().number);
    by_use_.pop_back();
}

std::optional<Node> KnownNodes::find(uint64_t number) {
    const std::lock_guard lock(mutex_);
    const auto found = by_number_.find(number);
    if (found == by_number_.end()) return std::nullopt;
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return found->second->node;
}

}  // namespace vexfs::channel
