// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/recall_probe.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace vexfs {
namespace {

constexpr int rests = 100;  // times as long as a probe takes
constexpr auto rest_min = std::chrono::milliseconds(100);

}  // namespace

void RecallProbe::keep(Query query) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock || kept_) return;
    kept_ = std::move(query);
    due_.store(never.time_since_epoch().count(), std::memory_order_relaxed);
}

std::optional<RecallProbe::Query> RecallProbe::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(kept_, std::nullopt);
}

void RecallProbe::judged(std::optional<double> recall, Clock::duration took) {
    const std::lock_guard lock(mutex_);
    if (recall) {
        if (recalls_.size() < window) {
            recalls_.push_back(*recall);
        } else {
            recalls_[queries_ % window] = *recall;
        }
        ++queries_;
    }
    const auto next = Clock::now() + std::max<Clock::duration>(rests * took, rest_min);
    due_.store(next.time_since_epoch().count(), std::memory_order_relaxed);
}

RecallProbe::Observed RecallProbe::observed() const {
    const std::lock_guard lock(mutex_);
    if (recalls_.empty()) return {std::nullopt, queries_};
    const double sum = std::accumulate(recalls_.begin(), recalls_.end(), 0.0);
    return {sum / static_cast<double>(recalls_.size()), queries_};
}

void RecallProbe::begin_again() {
    const std::lock_guard lock(mutex_);
    recalls_.clear();
    if (std::exchange(kept_, std::nullopt)) due_.store(0, std::memory_order_relaxed);
}

double recall_of(const std::vector<float>& found, const std::vector<float>& exact) {
    if (exact.empty()) return 1;
    const auto near = std::ranges::count_if(found, [&](float distance) { return distance <= exact.back(); });
    return std::min(1.0, static_cast<double>(near) / static_cast<double>(exact.size()));
}

}  // namespace vexfs
