// SPDX-License-Identifier: Apache-2.0
// How the daemon is at one moment: what it serves, how fast, and on what machine. Taken once a second; the
// monitor, the metrics of Prometheus and the alerts all show this.
//
// Counts are since the start of the daemon. Rates are over the time since the snapshot before, times of
// requests and syncs over about the last `window_s` seconds.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/histogram.h"

namespace vexfs {

inline constexpr unsigned window_s = 10;

// What comes and goes by the second, of one collection or of all.
struct Rates {
    double queries_per_s = 0, inserts_per_s = 0;
    std::optional<double> p50_us, p99_us;  // of requests to search
    double iops = 0;
    double queue_depth = 0;             // reads, writes and syncs under way at once, on average
    std::optional<double> sync_p99_ms;  // of the log, and of all else that is synced
    std::optional<double> cache_hit_ratio;
};

struct IoCounts {
    uint64_t reads = 0, writes = 0, syncs = 0, errors = 0;
    uint64_t read_bytes = 0, written_bytes = 0;
    uint64_t busy_ns = 0;  // that all of them took
    HistogramCounts sync_ns;
};

struct CollectionFigures {
    std::string name;
    uint64_t instance = 0;  // Generation::instance
    std::string metric, algorithm;
    uint32_t dimension = 0;
    uint64_t points = 0, dead_rows = 0, indexed_rows = 0, segments = 0;
    uint64_t disk_bytes = 0, index_memory_bytes = 0, filter_memory_bytes = 0;
    uint64_t backlog_rows = 0, backlog_bytes = 0;
    double backlog_ratio = 0;  // of what it may be, 0 where that has no limit
    double promised_recall = 0;
    std::optional<double> measured_recall, observed_recall;  // at the last build, and of live searches
    uint64_t recall_probes = 0;
    bool read_only = false;

    uint64_t queries = 0, failures = 0;  // failures are of requests to search
    uint64_t cache_hits = 0, cache_misses = 0;
    uint64_t inserted_rows = 0, deleted_points = 0, updates = 0;
    uint64_t held_writes = 0, held_us = 0;
    HistogramCounts request_us;
    IoCounts io;
    Rates lately;
};

struct ServerLoad {
    uint64_t clients = 0, in_work = 0, waiting = 0;  // the latter two are requests over the socket
};

struct CacheFigures {
    uint64_t entries = 0, bytes = 0;
};

struct MountFigures {
    bool mounted = false;
    std::string directory, backend, note;
    bool fallback = false;              // by FUSE, because the module could not be had
    uint64_t in_work = 0, waiting = 0;  // requests through the mount that take their time
};

struct HostFigures {
    unsigned cpus = 0;
    std::optional<double> cpu_busy_ratio;  // of all CPUs, by whomever
    double process_cpu_s = 0;              // that the daemon has used
    double process_cpu_ratio = 0;          // of all CPUs, lately
    uint64_t process_memory_bytes = 0;
    std::optional<uint64_t> memory_bytes, memory_available_bytes;
    std::optional<uint64_t> disk_bytes, disk_free_bytes;  // where the data are
    double load_1m = 0;
};

struct TuningFigures {
    std::string state = "unknown";  // of tuner::TuningState
    std::string profile;
    uint64_t drifted = 0;  // values that somebody else has changed
};

// One that is raised.
struct RaisedAlert {
    std::string name;  // of the rule, and of the collection where it is of one
    std::string rule, severity, collection;
    double value = 0, threshold = 0;
    int64_t raised_ms = 0;  // since the epoch
};

struct Snapshot {
    int64_t time_ms = 0;  // since the epoch
    double started_s = 0;
    double interval_s = 0;                       // since the one before, 0 where there was none
    double sampling_s = 0;                       // that all snapshots took to be made so far
    std::vector<CollectionFigures> collections;  // by name
    uint64_t quarantined = 0;
    Rates lately;  // of all collections
    ServerLoad server;
    CacheFigures cache;
    MountFigures mount;
    HostFigures host;
    TuningFigures tuning;
    std::vector<RaisedAlert> alerts;
};

// Null where there is none of that name.
inline const CollectionFigures* find(const Snapshot& snapshot, std::string_view name) {
    const auto found = std::ranges::lower_bound(snapshot.collections, name, {}, &CollectionFigures::name);
    return found == snapshot.collections.end() || found->name != name ? nullptr : &*found;
}

}  // namespace vexfs
