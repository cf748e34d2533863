// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/memory_budget.h"

#include <fmt/format.h>

namespace vexfs {
namespace {

using Clock = std::chrono::steady_clock;

// Less doesn't count as going on.
constexpr uint64_t progress_bytes_min = 64u << 10;

}  // namespace

void MemoryBudget::set_limits(const Limits& limits) {
    const std::lock_guard lock(mutex_);
    limits_ = limits;
}

uint64_t MemoryBudget::used_bytes() const {
    const std::lock_guard lock(mutex_);
    return used_bytes_;
}

MemoryBudget::Share::Share(MemoryBudget& budget, std::function<void()> drop)
    : budget_(budget), drop_(std::move(drop)), moved_at_(Clock::now()) {
    const std::lock_guard lock(budget_.mutex_);
    budget_.shares_.insert(this);
}

MemoryBudget::Share::~Share() {
    const std::lock_guard lock(budget_.mutex_);
    budget_.used_bytes_ -= bytes_;
    budget_.shares_.erase(this);
}

Outcome<void> MemoryBudget::Share::resize(uint64_t bytes) {
    const std::lock_guard lock(budget_.mutex_);
    const uint64_t others = budget_.used_bytes_ - bytes_;
    const auto fits = [&] {
        return bytes <= budget_.limits_.bytes_max &&
               budget_.used_bytes_ - bytes_ <= budget_.limits_.bytes_max - bytes;
    };
    if (bytes > bytes_ && !fits()) {
        budget_.drop_stalled(*this);
        if (!fits()) {
            return refuse(
                ENOMEM,
                fmt::format("{} bytes are held for other open files, server.max_inflight_bytes is {}", others,
                            budget_.limits_.bytes_max),
                "try again later");
        }
    }
    moved_bytes_ += bytes > bytes_ ? bytes - bytes_ : bytes_ - bytes;
    if (moved_bytes_ >= progress_bytes_min || bytes == 0 || bytes_ == 0) {
        moved_at_ = Clock::now();
        moved_bytes_ = 0;
    }
    budget_.used_bytes_ += bytes - bytes_;
    bytes_ = bytes;
    return {};
}

void MemoryBudget::drop_stalled(const Share& asking) {
    const auto before = Clock::now() - limits_.stalled_after;
    for (Share* const share : shares_) {
        if (share != &asking && share->bytes_ != 0 && share->moved_at_ < before) share->drop_();
    }
}

}  // namespace vexfs
