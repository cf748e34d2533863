// SPDX-License-Identifier: Apache-2.0
// A rate of bytes that several share: a token bucket that may be overdrawn, so that a write of any size is
// taken whole and paid for afterwards. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

namespace vexfs {

class IoBudget {
  public:
    using Clock = std::chrono::steady_clock;
    // What was not used is kept for that long: of the rate, so much may be taken at once.
    static constexpr auto kept = std::chrono::milliseconds(250);

    // Bytes a second, 0 for no limit; nothing is left to pay for then.
    void set_rate(uint64_t bytes_per_s, Clock::time_point now = Clock::now());
    // Takes so many; how long it is until they are paid for, 0 where they were there.
    Clock::duration take(uint64_t bytes, Clock::time_point now = Clock::now());
    bool overdrawn(Clock::time_point now = Clock::now()) const;
    uint64_t taken_bytes() const;  // since the start, whatever the rate was

  private:
    mutable std::mutex mutex_;
    uint64_t rate_ = 0, taken_ = 0;
    // When all that was taken is paid for; a time in the past is what may be taken at once, `kept` at most.
    Clock::time_point paid_at_{};
};

}  // namespace vexfs
