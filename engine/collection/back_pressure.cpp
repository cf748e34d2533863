// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/back_pressure.h"

#include <algorithm>

namespace vexfs {

double excess_of(const Backlog& backlog, const Backlog& limit) {
    const auto over = [](uint64_t value, uint64_t most) {
        return most == 0 || value <= most ? 0.0
                                          : static_cast<double>(value - most) / static_cast<double>(most);
    };
    return std::max(over(backlog.rows, limit.rows), over(backlog.bytes, limit.bytes));
}

std::chrono::microseconds BackPressure::hold(uint64_t rows, double excess, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (excess <= 0) {
        free_at_ = {};
        return {};
    }
    using Time = std::chrono::duration<double, std::micro>;
    const Time wanted = static_cast<double>(rows) * excess * row_time;
    const auto time = std::chrono::duration_cast<Clock::duration>(std::min<Time>(wanted, wait_max));
    free_at_ = std::min<Clock::time_point>(std::max(free_at_, now) + time, now + wait_max);
    const auto held = std::chrono::duration_cast<std::chrono::microseconds>(free_at_ - now);
    if (held.count() > 0) {
        ++held_.writes;
        held_.us_total += static_cast<uint64_t>(held.count());
    }
    return held;
}

BackPressure::Held BackPressure::held() const {
    const std::lock_guard lock(mutex_);
    return held_;
}

}  // namespace vexfs
