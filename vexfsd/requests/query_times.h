// SPDX-License-Identifier: Apache-2.0
// How long searches took, of each collection by the way they were answered. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <shared_mutex>
#include <string>

#include "engine/base/histogram.h"

namespace vexfs {

class QueryTimes {
  public:
    // A request that was answered. plan: SearchReply::path, or "cache".
    void record(const std::string& collection, const std::string& plan, uint64_t took_us, uint64_t queries);
    // One that was not.
    void record_failure(const std::string& collection);
    // Since the start, by whatever plan.
    struct Totals {
        uint64_t queries = 0, failures = 0;
        HistogramCounts request_us;
    };
    Totals totals(const std::string& collection) const;
    // [{collection, plan, count, mean_us, p50_us, p95_us, p99_us, max_us}], the plan that took the most time
    // in all first.
    nlohmann::json of(const std::string& collection) const;
    // The collection was deleted.
    void forget(const std::string& collection);

  private:
    using Plans = std::map<std::string, std::unique_ptr<Histogram>>;
    struct Times {
        std::atomic<uint64_t> queries = 0, failures = 0;
        Plans plans;
    };

    mutable std::shared_mutex mutex_;
    std::map<std::string, Times> times_;
};

}  // namespace vexfs
