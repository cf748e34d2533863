// SPDX-License-Identifier: Apache-2.0
// Watches the recall of live searches: one of them now and then is asked again in the background, comparing
// with every row, and what it had found is judged by that. At most a hundredth of one CPU's time goes there.
//
// Thread-safe; a search never waits.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace vexfs {

class RecallProbe {
  public:
    using Clock = std::chrono::steady_clock;

    struct Query {
        std::vector<float> vector;
        uint32_t limit = 0;
        std::vector<float> distances;  // that it found, in order
        uint64_t generation = 0;       // of the collection, before it was searched
    };

    // Whether a search that ends now is to be kept.
    bool due(Clock::time_point now) const {
        return now.time_since_epoch().count() >= due_.load(std::memory_order_relaxed);
    }
    void keep(Query query);
    // What was kept, once.
    std::optional<Query> take();
    // What became of it, in how long a time; none where the collection has changed since, which says nothing.
    void judged(std::optional<double> recall, Clock::duration took);

    struct Observed {
        std::optional<double> recall;  // the mean of the last `window` that were judged
        uint64_t queries = 0;          // that were judged so far
    };
    static constexpr size_t window = 256;
    Observed observed() const;
    // What was judged tells nothing of the searches to come.
    void begin_again();

  private:
    static constexpr auto never = Clock::time_point::max();

    std::atomic<Clock::rep> due_{0};
    mutable std::mutex mutex_;  // guards what follows
    std::optional<Query> kept_;
    std::vector<double> recalls_;
    uint64_t queries_ = 0;
};

// Of the nearest there are, the share that was found: what is no farther than the last of them counts.
double recall_of(const std::vector<float>& found, const std::vector<float>& exact);

}  // namespace vexfs
