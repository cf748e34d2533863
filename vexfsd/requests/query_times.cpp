// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/query_times.h"

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <vector>

namespace vexfs {

void QueryTimes::record(const std::string& collection, const std::string& plan, uint64_t took_us) {
    {
        const std::shared_lock lock(mutex_);
        const auto plans = times_.find(collection);
        if (plans != times_.end()) {
            const auto found = plans->second.find(plan);
            if (found != plans->second.end()) return found->second->record(took_us);
        }
    }
    const std::unique_lock lock(mutex_);
    std::unique_ptr<Histogram>& histogram = times_[collection][plan];
    if (!histogram) histogram = std::make_unique<Histogram>();
    histogram->record(took_us);
}

nlohmann::json QueryTimes::of(const std::string& collection) const {
    const std::shared_lock lock(mutex_);
    auto rows = nlohmann::json::array();
    const auto plans = times_.find(collection);
    if (plans == times_.end()) return rows;
    std::vector<Plans::const_iterator> order;
    for (auto plan = plans->second.begin(); plan != plans->second.end(); ++plan) order.push_back(plan);
    std::ranges::sort(order, std::greater(), [](const auto& plan) { return plan->second->sum(); });
    for (const auto& plan : order) {
        const Histogram& times = *plan->second;
        rows.push_back({{"collection", collection},
                        {"plan", plan->first},
                        {"count", times.count()},
                        {"mean_us", times.mean()},
                        {"p50_us", times.percentile(0.5)},
                        {"p95_us", times.percentile(0.95)},
                        {"p99_us", times.percentile(0.99)},
                        {"max_us", times.max()}});
    }
    return rows;
}

void QueryTimes::forget(const std::string& collection) {
    const std::unique_lock lock(mutex_);
    times_.erase(collection);
}

}  // namespace vexfs
