// SPDX-License-Identifier: Apache-2.0
// Slows writes down where indexing is behind, so that the scan of rows that the index doesn't have yet can't
// grow for ever. Nothing is refused.
//
//   excess  how far the backlog is over its limit, as a share of the limit; of rows and bytes the greater one
//
// A write of n rows takes n * excess * row_time of the collection's time. Writes take it one after the other,
// and each is acknowledged when its own has passed, wait_max after it was done at the latest. So all writers
// of a collection together are held to 1 / (excess * row_time) rows a second, 10,000 at twice the limit, and
// the backlog settles where that is what indexing can do.
//
// Nobody waits in here: who acknowledges the write is told for how long not to. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

namespace vexfs {

// Rows that searches scan because the index doesn't have them yet, and their vectors' bytes.
struct Backlog {
    uint64_t rows = 0, bytes = 0;  // as a limit, 0 is none
};

// 0 where the backlog is within its limit.
double excess_of(const Backlog& backlog, const Backlog& limit);

class BackPressure {
  public:
    using Clock = std::chrono::steady_clock;
    static constexpr auto row_time = std::chrono::microseconds(100);
    static constexpr auto wait_max = std::chrono::seconds(5);

    // How long the acknowledgement of a write of so many rows, which is done, is to be held back.
    std::chrono::microseconds hold(uint64_t rows, double excess, Clock::time_point now = Clock::now());

    struct Held {
        uint64_t writes = 0, us_total = 0;  // since the start
    };
    Held held() const;

  private:
    mutable std::mutex mutex_;
    Clock::time_point free_at_{};  // when the writes before have had their time
    Held held_;
};

}  // namespace vexfs
