// SPDX-License-Identifier: Apache-2.0
// How long searches took, of each collection by the way they were answered. Thread-safe.
#pragma once

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
    // plan: SearchReply::path, or "cache".
    void record(const std::string& collection, const std::string& plan, uint64_t took_us);
    // [{collection, plan, count, mean_us, p50_us, p95_us, p99_us, max_us}], the plan that took the most time
    // in all first.
    nlohmann::json of(const std::string& collection) const;
    // The collection was deleted.
    void forget(const std::string& collection);

  private:
    using Plans = std::map<std::string, std::unique_ptr<Histogram>>;

    mutable std::shared_mutex mutex_;
    std::map<std::string, Plans> times_;
};

}  // namespace vexfs
