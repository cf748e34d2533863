// SPDX-License-Identifier: Apache-2.0
// Counts of values in buckets that grow with the value, so that a percentile is known to an eighth of itself
// at any scale. 3 KiB each. Thread-safe; what is read while others record may miss the newest values.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace vexfs {

// What was recorded up to some moment, as plain numbers: may be added up, and the difference of two moments
// is what came between them.
struct HistogramCounts {
    // Values below 2^fine_bits have a bucket each, every power of two from there on 2^fine_bits of them.
    static constexpr unsigned fine_bits = 3;
    static constexpr size_t buckets = (48 - fine_bits + 1) << fine_bits;

    std::array<uint64_t, buckets> counts{};
    uint64_t sum = 0;
    uint64_t max = 0;  // of a difference that of the later moment

    uint64_t count() const {
        uint64_t all = 0;
        for (const uint64_t bucket : counts) all += bucket;
        return all;
    }
    double mean() const {
        const uint64_t values = count();
        return values == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(values);
    }
    // A value that `share` (0 to 1) of all are not above, the greatest of its bucket; 0 where there are none.
    uint64_t percentile(double share) const {
        const uint64_t values = count();
        auto left = static_cast<uint64_t>(share * static_cast<double>(values) + 0.5);
        left = std::clamp<uint64_t>(left, 1, std::max<uint64_t>(values, 1));
        for (size_t i = 0; i < buckets; ++i) {
            if (counts[i] >= left) return std::min(last_of(i), max);
            left -= counts[i];
        }
        return values == 0 ? 0 : max;
    }

    // Values by their powers of two, the empty ones at both ends left out: `count` of them are at most `last`
    // and above the entry before.
    struct Octave {
        uint64_t last = 0;
        uint64_t count = 0;
    };
    std::vector<Octave> octaves() const {
        std::vector<Octave> all;
        for (size_t i = 0; i < buckets; ++i) {
            const uint64_t last = (uint64_t{1} << std::bit_width(last_of(i))) - 1;
            if (all.empty() && counts[i] == 0) continue;
            if (all.empty() || all.back().last != last) all.push_back({last, 0});
            all.back().count += counts[i];
        }
        while (!all.empty() && all.back().count == 0) all.pop_back();
        return all;
    }

    HistogramCounts& operator+=(const HistogramCounts& other) {
        for (size_t i = 0; i < buckets; ++i) counts[i] += other.counts[i];
        sum += other.sum;
        max = std::max(max, other.max);
        return *this;
    }
    // `earlier` is of the same histogram.
    HistogramCounts since(const HistogramCounts& earlier) const {
        HistogramCounts between = *this;
        for (size_t i = 0; i < buckets; ++i) between.counts[i] -= std::min(counts[i], earlier.counts[i]);
        between.sum -= std::min(sum, earlier.sum);
        return between;
    }

    static size_t bucket_of(uint64_t value) {
        if (value < (1u << fine_bits)) return value;
        const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - fine_bits;
        return (size_t{shift} << fine_bits) + (value >> shift);
    }
    static uint64_t last_of(size_t bucket) {
        if (bucket < (1u << fine_bits)) return bucket;
        const size_t shift = (bucket >> fine_bits) - 1;
        return (((bucket & ((1u << fine_bits) - 1)) + (1u << fine_bits) + 1) << shift) - 1;
    }
};

class Histogram {
  public:
    // Greater values are counted as this one.
    static constexpr uint64_t value_max = (uint64_t{1} << 48) - 1;

    void record(uint64_t value) {
        value = std::min(value, value_max);
        buckets_[HistogramCounts::bucket_of(value)].fetch_add(1, std::memory_order_relaxed);
        sum_.fetch_add(value, std::memory_order_relaxed);
        uint64_t seen = max_.load(std::memory_order_relaxed);
        while (seen < value && !max_.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
        }
    }

    HistogramCounts counts() const {
        HistogramCounts counts;
        for (size_t i = 0; i < buckets_.size(); ++i)
            counts.counts[i] = buckets_[i].load(std::memory_order_relaxed);
        counts.sum = sum_.load(std::memory_order_relaxed);
        counts.max = max_.load(std::memory_order_relaxed);
        return counts;
    }

  private:
    std::array<std::atomic<uint64_t>, HistogramCounts::buckets> buckets_{};
    std::atomic<uint64_t> sum_ = 0;
    std::atomic<uint64_t> max_ = 0;
};

}  // namespace vexfs
