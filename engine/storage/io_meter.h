// SPDX-License-Identifier: Apache-2.0
// Counts operations of one kind (reads, writes or syncs): how many, their bytes, how long they took, and how
// many there were lately. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "engine/base/histogram.h"

namespace vexfs {

struct IoFigures {
    uint64_t operations = 0, bytes = 0, errors = 0;  // since the start; bytes of those that succeeded
    double iops = 0, bytes_per_second = 0;           // over the last window
    double avg_latency_ms = 0, p99_latency_ms = 0, max_latency_ms = 0;  // since the start
    HistogramCounts latency_ns;                                         // since the start
};

class IoMeter {
  public:
    using Clock = std::chrono::steady_clock;
    static constexpr unsigned window_s = 10;

    explicit IoMeter(Clock::time_point start = Clock::now()) : start_(start) {}

    void record(Clock::duration took, uint64_t bytes, bool failed, Clock::time_point now = Clock::now()) {
        latency_ns_.record(
            static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(took).count()));
        record_untimed(bytes, failed, now);
    }
    // Of an operation whose time is another meter's.
    void record_untimed(uint64_t bytes, bool failed, Clock::time_point now = Clock::now());

    // Rates are over the last window_s seconds, or since the start where that is less, a second at least.
    IoFigures figures(Clock::time_point now = Clock::now()) const;

  private:
    struct Second {
        uint64_t number = 0;  // since start_
        uint64_t operations = 0, bytes = 0;
    };
    uint64_t second_of(Clock::time_point time) const;

    const Clock::time_point start_;
    Histogram latency_ns_;
    std::atomic<uint64_t> operations_ = 0, bytes_ = 0, errors_ = 0;
    mutable std::mutex mutex_;  // guards lately_
    std::array<Second, window_s> lately_{};
};

}  // namespace vexfs
