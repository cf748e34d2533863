// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/io_meter.h"

#include <algorithm>

namespace vexfs {
namespace {

constexpr double ns_per_ms = 1e6;

}  // namespace

uint64_t IoMeter::second_of(Clock::time_point time) const {
    const auto passed = std::chrono::duration_cast<std::chrono::seconds>(time - start_).count();
    return static_cast<uint64_t>(std::max<int64_t>(passed, 0));
}

void IoMeter::record_untimed(uint64_t bytes, bool failed, Clock::time_point now) {
    operations_.fetch_add(1, std::memory_order_relaxed);
    if (failed) {
        errors_.fetch_add(1, std::memory_order_relaxed);
        bytes = 0;
    }
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    const uint64_t number = second_of(now);
    const std::lock_guard lock(mutex_);
    Second& second = lately_[number % window_s];
    if (second.number != number) second = {number, 0, 0};
    ++second.operations;
    second.bytes += bytes;
}

IoFigures IoMeter::figures(Clock::time_point now) const {
    IoFigures figures;
    figures.operations = operations_;
    figures.bytes = bytes_;
    figures.errors = errors_;
    const uint64_t number = second_of(now);
    uint64_t operations = 0, bytes = 0;
    {
        const std::lock_guard lock(mutex_);
        for (const Second& second : lately_) {
            if (second.number + window_s <= number) continue;
            operations += second.operations;
            bytes += second.bytes;
        }
    }
    const auto seconds = static_cast<double>(std::clamp<uint64_t>(number + 1, 1, window_s));
    figures.iops = static_cast<double>(operations) / seconds;
    figures.bytes_per_second = static_cast<double>(bytes) / seconds;
    figures.latency_ns = latency_ns_.counts();
    figures.avg_latency_ms = figures.latency_ns.mean() / ns_per_ms;
    figures.p99_latency_ms = static_cast<double>(figures.latency_ns.percentile(.99)) / ns_per_ms;
    figures.max_latency_ms = static_cast<double>(figures.latency_ns.max) / ns_per_ms;
    return figures;
}

}  // namespace vexfs
