// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/watch/history.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

namespace vexfs {
namespace {

using json = nlohmann::json;

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();
constexpr size_t minute_s = 60;

enum class Over { mean, greatest };  // the seconds of a minute
struct Field {
    std::string_view name;
    Over over;
};
enum Place : size_t {
    queries,
    inserts,
    p50,
    p99,
    iops,
    queue_depth,
    sync_p99,
    hit_ratio,
    recall,
    backlog,
    cpu,
    memory,
    places
};
constexpr std::array<Field, places> fields{{{"queries_per_s", Over::mean},
                                            {"inserts_per_s", Over::mean},
                                            {"p50_us", Over::mean},
                                            {"p99_us", Over::greatest},
                                            {"iops", Over::mean},
                                            {"queue_depth", Over::mean},
                                            {"sync_p99_ms", Over::greatest},
                                            {"cache_hit_ratio", Over::mean},
                                            {"observed_recall", Over::mean},
                                            {"backlog_rows", Over::greatest},
                                            {"cpu_busy_ratio", Over::mean},
                                            {"process_memory_bytes", Over::greatest}}};

template <class T>
float value_or_unknown(const std::optional<T>& value) {
    return value ? static_cast<float>(*value) : unknown;
}

}  // namespace

History::Point History::point_of(int64_t time_ms, const Rates& rates) {
    static_assert(values == places);
    Point point{time_ms, {}};
    point.value.fill(unknown);
    point.value[queries] = static_cast<float>(rates.queries_per_s);
    point.value[inserts] = static_cast<float>(rates.inserts_per_s);
    point.value[p50] = value_or_unknown(rates.p50_us);
    point.value[p99] = value_or_unknown(rates.p99_us);
    point.value[iops] = static_cast<float>(rates.iops);
    point.value[queue_depth] = static_cast<float>(rates.queue_depth);
    point.value[sync_p99] = value_or_unknown(rates.sync_p99_ms);
    point.value[hit_ratio] = value_or_unknown(rates.cache_hit_ratio);
    return point;
}

History::Point History::minute_of(const Series& series) {
    Point minute{series.seconds.back().time_ms, {}};
    for (size_t i = 0; i < values; ++i) {
        double sum = 0, greatest = 0;
        size_t known = 0;
        for (size_t back = 1; back <= std::min(minute_s, series.seconds.size()); ++back) {
            const float value = series.seconds[series.seconds.size() - back].value[i];
            if (std::isnan(value)) continue;
            sum += value;
            greatest = std::max<double>(greatest, value);
            ++known;
        }
        const double told = fields[i].over == Over::mean ? sum / static_cast<double>(known) : greatest;
        minute.value[i] = known == 0 ? unknown : static_cast<float>(told);
    }
    return minute;
}

void History::Series::add(const Point& point) {
    seconds.push_back(point);
    if (seconds.size() > seconds_kept) seconds.pop_front();
    if (++seconds_in_minute < minute_s) return;
    seconds_in_minute = 0;
    minutes.push_back(minute_of(*this));
    if (minutes.size() > minutes_kept) minutes.pop_front();
}

void History::add(const Snapshot& snapshot) {
    Point all = point_of(snapshot.time_ms, snapshot.lately);
    all.value[cpu] = value_or_unknown(snapshot.host.cpu_busy_ratio);
    all.value[memory] = static_cast<float>(snapshot.host.process_memory_bytes);
    uint64_t backlog_rows = 0;
    for (const CollectionFigures& figures : snapshot.collections) backlog_rows += figures.backlog_rows;
    all.value[backlog] = static_cast<float>(backlog_rows);

    const std::lock_guard lock(mutex_);
    all_.add(all);
    std::erase_if(by_collection_, [&](const auto& entry) { return find(snapshot, entry.first) == nullptr; });
    for (const CollectionFigures& figures : snapshot.collections) {
        if (!by_collection_.contains(figures.name) && by_collection_.size() >= collections_max) continue;
        Point point = point_of(snapshot.time_ms, figures.lately);
        point.value[recall] = value_or_unknown(figures.observed_recall);
        point.value[backlog] = static_cast<float>(figures.backlog_rows);
        by_collection_[figures.name].add(point);
    }
}

json History::since(const std::string& collection, uint64_t span_s) const {
    const bool by_seconds = span_s <= seconds_kept;
    const size_t step_s = by_seconds ? 1 : minute_s;
    std::vector<Point> points;
    {
        const std::lock_guard lock(mutex_);
        const auto found = by_collection_.find(collection);
        static const Series none;
        const Series& series = collection.empty()              ? all_
                               : found == by_collection_.end() ? none
                                                               : found->second;
        const std::deque<Point>& kept = by_seconds ? series.seconds : series.minutes;
        const size_t wanted = std::min<size_t>(kept.size(), (span_s + step_s - 1) / step_s);
        points.assign(kept.end() - static_cast<ptrdiff_t>(wanted), kept.end());
    }
    json told{{"step_s", step_s}};
    json& times = told["times_ms"] = json::array();
    for (const Point& point : points) times.push_back(point.time_ms);
    for (size_t i = 0; i < values; ++i) {
        json& column = told[std::string(fields[i].name)] = json::array();
        for (const Point& point : points)
            column.push_back(std::isnan(point.value[i]) ? json() : json(point.value[i]));
    }
    return told;
}

}  // namespace vexfs
