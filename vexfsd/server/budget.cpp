// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/server/budget.h"

#include <algorithm>

namespace vexfs {

bool Budget::take(uint64_t holder, uint64_t bytes) {
    if (chosen_ != holder && !fits(bytes)) {
        waiting_.push_back({holder, bytes});
        return false;
    }
    used_bytes_ += bytes;
    return true;
}

void Budget::leave(uint64_t holder) {
    if (chosen_ == holder) chosen_.reset();
    std::erase_if(waiting_, [holder](const Waiter& waiter) { return waiter.holder == holder; });
}

std::optional<uint64_t> Budget::next() {
    if (waiting_.empty()) return std::nullopt;
    const Waiter first = waiting_.front();
    if (!fits(first.bytes)) {
        if (chosen_) return std::nullopt;
        chosen_ = first.holder;
    }
    waiting_.pop_front();
    return first.holder;
}

}  // namespace vexfs
