// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/generation_board.h"

#include "engine/collection/collection.h"

namespace vexfs {

std::optional<ReplyHold> GenerationBoard::read(Collection& collection) {
    const std::lock_guard lock(mutex_);
    const auto found = slots_.find(collection.generation().instance);
    if (found != slots_.end())
        return ReplyHold{found->second, numbers_[found->second].load(std::memory_order_acquire)};
    if (slots_.size() == numbers_.size()) return std::nullopt;
    const auto slot = static_cast<uint32_t>(slots_.size());
    slots_.emplace(collection.generation().instance, slot);
    collection.show_changes(numbers_[slot]);
    return ReplyHold{slot, numbers_[slot].load(std::memory_order_acquire)};
}

}  // namespace vexfs
