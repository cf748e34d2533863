// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/io_budget.h"

#include <algorithm>

namespace vexfs {

void IoBudget::set_rate(uint64_t bytes_per_s, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (rate_ == bytes_per_s) return;
    rate_ = bytes_per_s;
    paid_at_ = now;
}

IoBudget::Clock::duration IoBudget::take(uint64_t bytes, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    taken_ += bytes;
    if (rate_ == 0) return {};
    const std::chrono::duration<double> time(static_cast<double>(bytes) / static_cast<double>(rate_));
    paid_at_ =
        std::max<Clock::time_point>(paid_at_, now - kept) + std::chrono::duration_cast<Clock::duration>(time);
    return std::max<Clock::duration>(paid_at_ - now, Clock::duration::zero());
}

bool IoBudget::overdrawn(Clock::time_point now) const {
    const std::lock_guard lock(mutex_);
    return rate_ != 0 && paid_at_ > now;
}

uint64_t IoBudget::taken_bytes() const {
    const std::lock_guard lock(mutex_);
    return taken_;
}

}  // namespace vexfs
