// SPDX-License-Identifier: Apache-2.0
// What snapshots have told lately: each second of the last quarter of an hour, each minute of the last day.
// Of all collections together and of each, of `collections_max` at most. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "vexfsd/watch/snapshot.h"

namespace vexfs {

class History {
  public:
    static constexpr size_t seconds_kept = 900;
    static constexpr size_t minutes_kept = 1'440;
    static constexpr size_t collections_max = 128;  // some 130 KiB each, when full
    static constexpr uint64_t span_s_max = minutes_kept * 60;

    void add(const Snapshot& snapshot);
    // The last `span_s` seconds, by the second where these are kept that long, else by the minute: {step_s,
    // times_ms: [], queries_per_s: [], ...}, with null for what was not known. Of all collections where none
    // is named, and empty for one that there is no history of.
    nlohmann::json since(const std::string& collection, uint64_t span_s) const;

  private:
    // In the order of `fields` in history.cpp; NaN is what was not known.
    static constexpr size_t values = 12;
    struct Point {
        int64_t time_ms = 0;
        std::array<float, values> value{};
    };
    struct Series {
        std::deque<Point> seconds, minutes;
        size_t seconds_in_minute = 0;
        void add(const Point& point);
    };
    static Point point_of(int64_t time_ms, const Rates& rates);
    static Point minute_of(const Series& series);

    mutable std::mutex mutex_;  // guards what follows
    Series all_;
    std::map<std::string, Series> by_collection_;
};

}  // namespace vexfs
