// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/watch/snapshot_json.h"

#include <nlohmann/json.hpp>

namespace vexfs {
namespace {

using json = nlohmann::json;

template <class T>
json or_null(const std::optional<T>& value) {
    return value ? json(*value) : json();
}

json to_json(const Rates& rates) {
    return {{"queries_per_s", rates.queries_per_s},
            {"inserts_per_s", rates.inserts_per_s},
            {"p50_us", or_null(rates.p50_us)},
            {"p99_us", or_null(rates.p99_us)},
            {"iops", rates.iops},
            {"queue_depth", rates.queue_depth},
            {"sync_p99_ms", or_null(rates.sync_p99_ms)},
            {"cache_hit_ratio", or_null(rates.cache_hit_ratio)}};
}

json to_json(const IoCounts& io) {
    return {{"reads", io.reads},   {"writes", io.writes},         {"syncs", io.syncs},
            {"errors", io.errors}, {"read_bytes", io.read_bytes}, {"written_bytes", io.written_bytes}};
}

json to_json(const CollectionFigures& figures) {
    return {{"name", figures.name},
            {"metric", figures.metric},
            {"algorithm", figures.algorithm},
            {"dimension", figures.dimension},
            {"points", figures.points},
            {"dead_rows", figures.dead_rows},
            {"indexed_rows", figures.indexed_rows},
            {"segments", figures.segments},
            {"disk_bytes", figures.disk_bytes},
            {"index_memory_bytes", figures.index_memory_bytes},
            {"filter_memory_bytes", figures.filter_memory_bytes},
            {"backlog_rows", figures.backlog_rows},
            {"backlog_bytes", figures.backlog_bytes},
            {"backlog_ratio", figures.backlog_ratio},
            {"promised_recall", figures.promised_recall},
            {"measured_recall", or_null(figures.measured_recall)},
            {"observed_recall", or_null(figures.observed_recall)},
            {"recall_probes", figures.recall_probes},
            {"read_only", figures.read_only},
            {"queries", figures.queries},
            {"failures", figures.failures},
            {"cache_hits", figures.cache_hits},
            {"cache_misses", figures.cache_misses},
            {"inserted_rows", figures.inserted_rows},
            {"deleted_points", figures.deleted_points},
            {"updates", figures.updates},
            {"held_writes", figures.held_writes},
            {"held_us", figures.held_us},
            {"io", to_json(figures.io)},
            {"lately", to_json(figures.lately)}};
}

json to_json(const HostFigures& host) {
    return {{"cpus", host.cpus},
            {"cpu_busy_ratio", or_null(host.cpu_busy_ratio)},
            {"load_1m", host.load_1m},
            {"process_cpu_s", host.process_cpu_s},
            {"process_cpu_ratio", host.process_cpu_ratio},
            {"process_memory_bytes", host.process_memory_bytes},
            {"memory_bytes", or_null(host.memory_bytes)},
            {"memory_available_bytes", or_null(host.memory_available_bytes)},
            {"disk_bytes", or_null(host.disk_bytes)},
            {"disk_free_bytes", or_null(host.disk_free_bytes)}};
}

}  // namespace

json to_json(const std::vector<RaisedAlert>& alerts, MayTell may_tell) {
    json told = json::array();
    for (const RaisedAlert& alert : alerts) {
        if (!alert.collection.empty() && !may_tell(alert.collection)) continue;
        told.push_back({{"name", alert.name},
                        {"rule", alert.rule},
                        {"severity", alert.severity},
                        {"collection", alert.collection.empty() ? json() : json(alert.collection)},
                        {"value", alert.value},
                        {"threshold", alert.threshold},
                        {"raised_ms", alert.raised_ms}});
    }
    return told;
}

json to_json(const Snapshot& snapshot, MayTell may_tell) {
    json collections = json::array();
    for (const CollectionFigures& figures : snapshot.collections) {
        if (may_tell(figures.name)) collections.push_back(to_json(figures));
    }
    return {{"time_ms", snapshot.time_ms},
            {"interval_s", snapshot.interval_s},
            {"started_s", snapshot.started_s},
            {"sampling_s", snapshot.sampling_s},
            {"collections", std::move(collections)},
            {"quarantined", snapshot.quarantined},
            {"lately", to_json(snapshot.lately)},
            {"server",
             {{"clients", snapshot.server.clients},
              {"in_work", snapshot.server.in_work},
              {"waiting", snapshot.server.waiting}}},
            {"cache", {{"entries", snapshot.cache.entries}, {"bytes", snapshot.cache.bytes}}},
            {"mount",
             {{"mounted", snapshot.mount.mounted},
              {"directory", snapshot.mount.directory},
              {"backend", snapshot.mount.backend},
              {"note", snapshot.mount.note},
              {"fallback", snapshot.mount.fallback},
              {"in_work", snapshot.mount.in_work},
              {"waiting", snapshot.mount.waiting}}},
            {"host", to_json(snapshot.host)},
            {"tuning",
             {{"state", snapshot.tuning.state},
              {"profile", snapshot.tuning.profile},
              {"drifted", snapshot.tuning.drifted}}},
            {"alerts", to_json(snapshot.alerts, may_tell)}};
}

}  // namespace vexfs
