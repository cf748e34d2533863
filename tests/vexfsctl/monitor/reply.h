// SPDX-License-Identifier: Apache-2.0
// A reply of the request "watch", as a daemon with three collections gives it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace vexfs::test {

inline nlohmann::json collection_of(const std::string& name, uint64_t points, double queries_per_s) {
    using nlohmann::json;
    return {{"name", name},
            {"metric", "cosine"},
            {"algorithm", "hnsw"},
            {"dimension", 384},
            {"points", points},
            {"dead_rows", 12},
            {"indexed_rows", points},
            {"segments", 2},
            {"disk_bytes", 3 << 20},
            {"index_memory_bytes", 1 << 20},
            {"filter_memory_bytes", 0},
            {"backlog_rows", 0},
            {"backlog_bytes", 0},
            {"backlog_ratio", 0.0},
            {"promised_recall", 0.95},
            {"measured_recall", 0.957},
            {"observed_recall", json()},
            {"recall_probes", 0},
            {"read_only", false},
            {"queries", 1000},
            {"failures", 1},
            {"cache_hits", 5},
            {"cache_misses", 15},
            {"inserted_rows", 2000},
            {"deleted_points", 3},
            {"updates", 4},
            {"held_writes", 0},
            {"held_us", 0},
            {"io",
             {{"reads", 10},
              {"writes", 20},
              {"syncs", 30},
              {"errors", 0},
              {"read_bytes", 1000},
              {"written_bytes", points}}},
            {"lately",
             {{"queries_per_s", queries_per_s},
              {"inserts_per_s", 0.0},
              {"p50_us", queries_per_s > 0 ? json(210) : json()},
              {"p99_us", queries_per_s > 0 ? json(1300) : json()},
              {"iops", 2.0},
              {"queue_depth", 0.125},
              {"sync_p99_ms", 0.75},
              {"cache_hit_ratio", json()}}}};
}

inline nlohmann::json watch_reply() {
    using nlohmann::json;
    json words = collection_of("words", 1'234'567, 1234.5);
    words["observed_recall"] = 0.9321;
    words["recall_probes"] = 128;
    json docs = collection_of("docs", 900, 17);
    docs["backlog_rows"] = 700;
    docs["backlog_ratio"] = 0.9;
    return {{"ok", true},
            {"time_ms", 1'000'000'090'000.0},
            {"interval_s", 1.0},
            {"started_s", 999'900'000.0},
            {"sampling_s", 0.5},
            {"collections", {docs, collection_of("images", 50'000, 0), words}},
            {"quarantined", 0},
            {"lately",
             {{"queries_per_s", 1251.5},
              {"inserts_per_s", 0.0},
              {"p50_us", 200},
              {"p99_us", 1400},
              {"iops", 6.0},
              {"queue_depth", 0.375},
              {"sync_p99_ms", 0.75},
              {"cache_hit_ratio", 0.25}}},
            {"server", {{"clients", 3}, {"in_work", 1}, {"waiting", 0}}},
            {"cache", {{"entries", 1000}, {"bytes", 5 << 20}}},
            {"mount",
             {{"mounted", true},
              {"directory", "/mnt/vexfs"},
              {"backend", "fuse"},
              {"note", "FUSE, because there is no module"},
              {"fallback", true},
              {"in_work", 2},
              {"waiting", 1}}},
            {"host",
             {{"cpus", 4},
              {"cpu_busy_ratio", 0.5},
              {"load_1m", 1.25},
              {"process_cpu_s", 100.0},
              {"process_cpu_ratio", 0.2},
              {"process_memory_bytes", 300 << 20},
              {"memory_bytes", uint64_t{8} << 30},
              {"memory_available_bytes", uint64_t{6} << 30},
              {"disk_bytes", uint64_t{100} << 30},
              {"disk_free_bytes", uint64_t{5} << 30}}},
            {"tuning", {{"state", "drifted"}, {"profile", "balanced"}, {"drifted", 2}}},
            {"alerts", json::array()},
            {"history",
             {{"step_s", 1},
              {"queries_per_s", {0, 100, 200, 400, 800, 1251.5}},
              {"p99_us", {nullptr, 700, 1400, 1400, 1400, 1400}}}}};
}

}  // namespace vexfs::test
