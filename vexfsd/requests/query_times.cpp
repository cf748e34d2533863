// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/query_times.h"

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <vector>

namespace vexfs {

void QueryTimes::record(const std::string& collection, const std::string& plan, uint64_t took_us,
                        uint64_t queries) {
    {
        const std::shared_lock lock(mutex_);
        const auto times = times_.find(collection);
        if (times != times_.end()) {
            const auto found = times->second.plans.find(plan);
            if (found != times->second.plans.end()) {
                times->second.queries.fetch_add(queries, std::memory_order_relaxed);
                return found->second->record(took_us);
            }
        }
    }
    const std::unique_lock lock(mutex_);
    Times& times = times_[collection];
    times.queries.fetch_add(queries, std::memory_order_relaxed);
    std::unique_ptr<Histogram>& histogram = times.plans[plan];
    if (!histogram) histogram = std::make_unique<Histogram>();
    histogram->record(took_us);
}

void QueryTimes::record_failure(const std::string& collection) {
    const std::unique_lock lock(mutex_);
    ++times_[collection].failures;
}

QueryTimes::Totals QueryTimes::totals(const std::string& collection) const {
    const std::shared_lock lock(mutex_);
    Totals totals;
    const auto times = times_.find(collection);
    if (times == times_.end()) return totals;
    totals.queries = times->second.queries;
    totals.failures = times->second.failures;
    for (const auto& [plan, histogram] : times->second.plans) totals.request_us += histogram->counts();
    return totals;
}

nlohmann::json QueryTimes::of(const std::string& collection) const {
    const std::shared_lock lock(mutex_);
    auto rows = nlohmann::json::array();
    const auto found = times_.find(collection);
    if (found == times_.end()) return rows;
    std::vector<std::pair<std::string, HistogramCounts>> plans;
    for (const auto& [plan, histogram] : found->second.plans) plans.emplace_back(plan, histogram->counts());
    std::ranges::sort(plans, std::greater(), [](const auto& plan) { return plan.second.sum; });
    for (const auto& [plan, times] : plans) {
        rows.push_back({{"collection", collection},
                        {"plan", plan},
                        {"count", times.count()},
                        {"mean_us", times.mean()},
                        {"p50_us", times.percentile(0.5)},
                        {"p95_us", times.percentile(0.95)},
                        {"p99_us", times.percentile(0.99)},
                        {"max_us", times.max}});
    }
    return rows;
}

void QueryTimes::forget(const std::string& collection) {
    const std::unique_lock lock(mutex_);
    times_.erase(collection);
}

}  // namespace vexfs
