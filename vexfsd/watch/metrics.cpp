// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/watch/metrics.h"

#include <algorithm>
#include <array>

namespace vexfs {
namespace {

using Value = std::optional<double>;

template <class T>
Value number(const std::optional<T>& value) {
    return value ? Value(static_cast<double>(*value)) : std::nullopt;
}
Value number(uint64_t value) {
    return static_cast<double>(value);
}

template <class T>
Value scaled(const std::optional<T>& value, double unit) {
    return value ? Value(static_cast<double>(*value) * unit) : std::nullopt;
}

constexpr auto counter = MetricKind::counter;
constexpr auto gauge = MetricKind::gauge;
constexpr double s_per_us = 1e-6;
constexpr double s_per_ms = 1e-3;

using S = Snapshot;
constexpr std::array of_daemon{
    Metric<S>{"process_start_time_seconds", gauge, "When the daemon was started, since the epoch.",
              [](const S& s) -> Value { return s.started_s; }},
    Metric<S>{"process_cpu_seconds_total", counter, "Time of CPUs that the daemon has used.",
              [](const S& s) -> Value { return s.host.process_cpu_s; }},
    Metric<S>{"process_resident_memory_bytes", gauge, "Memory of the daemon, mapped files included.",
              [](const S& s) { return number(s.host.process_memory_bytes); }},
    Metric<S>{"vexfs_collections", gauge, "Collections that are served.",
              [](const S& s) { return number(s.collections.size()); }},
    Metric<S>{"vexfs_collections_quarantined", gauge, "Collections that could not be opened.",
              [](const S& s) { return number(s.quarantined); }},
    Metric<S>{"vexfs_clients", gauge, "Clients connected to the socket.",
              [](const S& s) { return number(s.server.clients); }},
    Metric<S>{"vexfs_requests_in_work", gauge, "Requests over the socket that are being answered.",
              [](const S& s) { return number(s.server.in_work); }},
    Metric<S>{"vexfs_requests_waiting", gauge, "Requests over the socket that wait for a thread.",
              [](const S& s) { return number(s.server.waiting); }},
    Metric<S>{"vexfs_query_cache_entries", gauge, "Answers in the query cache.",
              [](const S& s) { return number(s.cache.entries); }},
    Metric<S>{"vexfs_query_cache_bytes", gauge, "Memory of the query cache, about.",
              [](const S& s) { return number(s.cache.bytes); }},
    Metric<S>{"vexfs_mounted", gauge, "Whether the collections are mounted.",
              [](const S& s) -> Value { return s.mount.mounted; }},
    Metric<S>{"vexfs_mount_fallback", gauge,
              "Whether FUSE serves the mount because the kernel module can't be had.",
              [](const S& s) -> Value { return s.mount.fallback; }},
    Metric<S>{"vexfs_mount_requests_in_work", gauge, "Requests through the mount that are being answered.",
              [](const S& s) { return number(s.mount.in_work); }},
    Metric<S>{"vexfs_mount_requests_waiting", gauge, "Requests through the mount that wait for their turn.",
              [](const S& s) { return number(s.mount.waiting); }},
    Metric<S>{"vexfs_tuning_drifted_values", gauge,
              "Values of the applied tuning profile that somebody else has changed.",
              [](const S& s) { return number(s.tuning.drifted); }},
    Metric<S>{"vexfs_host_cpu_busy_ratio", gauge, "Part of all CPUs that is busy, by whomever.",
              [](const S& s) { return s.host.cpu_busy_ratio; }},
    Metric<S>{"vexfs_host_memory_bytes", gauge, "Memory of the machine.",
              [](const S& s) { return number(s.host.memory_bytes); }},
    Metric<S>{"vexfs_host_memory_available_bytes", gauge, "Memory that programs can still have.",
              [](const S& s) { return number(s.host.memory_available_bytes); }},
    Metric<S>{"vexfs_data_disk_bytes", gauge, "Size of the file system of the data.",
              [](const S& s) { return number(s.host.disk_bytes); }},
    Metric<S>{"vexfs_data_disk_free_bytes", gauge, "What the daemon can still write there.",
              [](const S& s) { return number(s.host.disk_free_bytes); }},
    Metric<S>{"vexfs_data_disk_free_ratio", gauge, "The same as a part of its size.",
              [](const S& s) -> Value {
                  if (!s.host.disk_free_bytes || s.host.disk_bytes.value_or(0) == 0) return std::nullopt;
                  return static_cast<double>(*s.host.disk_free_bytes) /
                         static_cast<double>(*s.host.disk_bytes);
              }},
    Metric<S>{"vexfs_sampling_seconds_total", counter, "Time that it took to gather these figures.",
              [](const S& s) -> Value { return s.sampling_s; }},
};

using C = CollectionFigures;
constexpr std::array of_collection{
    Metric<C>{"vexfs_collection_points", gauge, "Points.", [](const C& c) { return number(c.points); }},
    Metric<C>{"vexfs_collection_dead_rows", gauge, "Rows of deleted and replaced points on the disk.",
              [](const C& c) { return number(c.dead_rows); }},
    Metric<C>{"vexfs_collection_indexed_rows", gauge, "Rows in the index.",
              [](const C& c) { return number(c.indexed_rows); }},
    Metric<C>{"vexfs_collection_segments", gauge, "Segments of the log.",
              [](const C& c) { return number(c.segments); }},
    Metric<C>{"vexfs_collection_disk_bytes", gauge, "Files of the collection.",
              [](const C& c) { return number(c.disk_bytes); }},
    Metric<C>{"vexfs_collection_index_memory_bytes", gauge, "Memory of the index.",
              [](const C& c) { return number(c.index_memory_bytes); }},
    Metric<C>{"vexfs_collection_filter_memory_bytes", gauge, "Memory of what answers filters.",
              [](const C& c) { return number(c.filter_memory_bytes); }},
    Metric<C>{"vexfs_collection_backlog_rows", gauge, "Rows that wait to be indexed.",
              [](const C& c) { return number(c.backlog_rows); }},
    Metric<C>{"vexfs_collection_backlog_bytes", gauge, "Vectors of these rows.",
              [](const C& c) { return number(c.backlog_bytes); }},
    Metric<C>{"vexfs_collection_backlog_ratio", gauge,
              "The backlog as a part of what it may be before writes are slowed.",
              [](const C& c) -> Value { return c.backlog_ratio; }},
    Metric<C>{
        "vexfs_collection_promised_recall_ratio", gauge, "Recall that searches are to hold.",
        [](const C& c) -> Value { return c.promised_recall > 0 ? Value(c.promised_recall) : std::nullopt; }},
    Metric<C>{"vexfs_collection_measured_recall_ratio", gauge, "Recall as measured when the index was built.",
              [](const C& c) { return c.measured_recall; }},
    Metric<C>{"vexfs_collection_observed_recall_ratio", gauge, "Recall of the last live searches checked.",
              [](const C& c) { return c.observed_recall; }},
    Metric<C>{"vexfs_collection_recall_shortfall_ratio", gauge,
              "How far the observed recall is below the promised one.",
              [](const C& c) -> Value {
                  if (!c.observed_recall || c.promised_recall <= 0) return std::nullopt;
                  return std::max(0.0, c.promised_recall - *c.observed_recall);
              }},
    Metric<C>{"vexfs_collection_recall_probes_total", counter, "Live searches whose recall was checked.",
              [](const C& c) { return number(c.recall_probes); }},
    Metric<C>{"vexfs_collection_read_only", gauge, "Whether it takes no writes until it is recovered.",
              [](const C& c) -> Value { return c.read_only; }},
    Metric<C>{"vexfs_collection_queries_total", counter, "Queries answered.",
              [](const C& c) { return number(c.queries); }},
    Metric<C>{"vexfs_collection_search_failures_total", counter, "Requests to search that failed.",
              [](const C& c) { return number(c.failures); }},
    Metric<C>{"vexfs_collection_query_cache_hits_total", counter, "Requests answered by the query cache.",
              [](const C& c) { return number(c.cache_hits); }},
    Metric<C>{"vexfs_collection_query_cache_misses_total", counter, "Requests that the query cache had not.",
              [](const C& c) { return number(c.cache_misses); }},
    Metric<C>{"vexfs_collection_inserted_rows_total", counter, "Rows inserted.",
              [](const C& c) { return number(c.inserted_rows); }},
    Metric<C>{"vexfs_collection_deleted_points_total", counter, "Points deleted.",
              [](const C& c) { return number(c.deleted_points); }},
    Metric<C>{"vexfs_collection_metadata_updates_total", counter, "Changes of metadata.",
              [](const C& c) { return number(c.updates); }},
    Metric<C>{"vexfs_collection_held_writes_total", counter, "Writes held back because of the backlog.",
              [](const C& c) { return number(c.held_writes); }},
    Metric<C>{"vexfs_collection_held_write_seconds_total", counter, "How long they were held back.",
              [](const C& c) -> Value { return static_cast<double>(c.held_us) * s_per_us; }},
    Metric<C>{"vexfs_collection_disk_reads_total", counter, "Reads of files, without those that are mapped.",
              [](const C& c) { return number(c.io.reads); }},
    Metric<C>{"vexfs_collection_disk_writes_total", counter, "Writes to files.",
              [](const C& c) { return number(c.io.writes); }},
    Metric<C>{"vexfs_collection_disk_syncs_total", counter, "Syncs of files and directories.",
              [](const C& c) { return number(c.io.syncs); }},
    Metric<C>{"vexfs_collection_disk_read_bytes_total", counter, "Bytes read.",
              [](const C& c) { return number(c.io.read_bytes); }},
    Metric<C>{"vexfs_collection_disk_written_bytes_total", counter, "Bytes written.",
              [](const C& c) { return number(c.io.written_bytes); }},
    Metric<C>{"vexfs_collection_disk_errors_total", counter, "Reads, writes and syncs that failed.",
              [](const C& c) { return number(c.io.errors); }},
    Metric<C>{"vexfs_collection_queries_per_second", gauge, "Queries answered in the last second.",
              [](const C& c) -> Value { return c.lately.queries_per_s; }},
    Metric<C>{"vexfs_collection_search_p99_seconds", gauge,
              "What 99 of 100 requests to search of the last seconds took at most.",
              [](const C& c) { return scaled(c.lately.p99_us, s_per_us); }},
    Metric<C>{"vexfs_collection_sync_p99_seconds", gauge,
              "What 99 of 100 syncs of the last seconds took at most.",
              [](const C& c) { return scaled(c.lately.sync_p99_ms, s_per_ms); }},
    Metric<C>{"vexfs_collection_disk_queue_depth", gauge,
              "Reads, writes and syncs under way at once, on average of the last second.",
              [](const C& c) -> Value { return c.lately.queue_depth; }},
};

constexpr std::array of_histograms{
    HistogramMetric{"vexfs_collection_search_duration_seconds", "Time of requests to search.",
                    [](const C& c) -> const HistogramCounts& { return c.request_us; }, s_per_us, 4, 24},
    HistogramMetric{"vexfs_collection_sync_duration_seconds", "Time of syncs.",
                    [](const C& c) -> const HistogramCounts& { return c.io.sync_ns; }, 1e-9, 14, 34},
};

}  // namespace

std::span<const Metric<Snapshot>> daemon_metrics() {
    return of_daemon;
}

std::span<const Metric<CollectionFigures>> collection_metrics() {
    return of_collection;
}

std::span<const HistogramMetric> histogram_metrics() {
    return of_histograms;
}

}  // namespace vexfs
