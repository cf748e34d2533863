// SPDX-License-Identifier: Apache-2.0
// Answers requests from a store: the one way in for the socket, the mount, the module and `vexfsctl
// --embedded`.
//
// Requests name their operation in "op"; replies have "ok":true and the fields below, or the error. Vectors
// come as an f32 array "vectors" [n, dimension] of the body, or as JSON in "vectors" [[...],...] or "vector"
// [...] of the header; ids as a u64 array "ids" [n] or JSON "ids"; metadata as a u8 array "metadata" (n lines
// of JSON, a blank line for none) or as JSON [{...}|null, ...]. A field that an operation doesn't have is an
// error.
//
// clang-format off
//   collection.create     collection, dimension, [metric, algorithm, preset, parameters{}, exist_ok]
//                         -> info as below, created
//   collection.list       -> collections: [{name, points, dimension, metric, algorithm, preset, ...}],
//                            quarantined: [{name, error}]; without those that the caller may not read
//   collection.info       collection
//                         -> name, points, dead_rows, indexed_points, backlog_rows, backlog_bytes, segments,
//                            disk_bytes, index_memory_bytes, filter_memory_bytes, generation, read_only,
//                            [read_only_reason, background_error, reindexed_rows, calibrated_path,
//                            calibrated_recall, calibrated_reach, calibrated_layout, observed_recall,
//                            observed_queries],
//                            schema{dimension, metric, algorithm, parameters{}, ...}
//   collection.delete     collection, [missing_ok, empty] -> deleted, [snapshots_kept]; with empty only where
//                         it holds no points
//   collection.configure  collection, parameters{} -> info; of an empty collection also dimension, metric,
//                         algorithm and what the index is built with
//   collection.optimize   collection, [wait] -> info; without wait it starts and returns
//   collection.reindex    collection, [preset, algorithm, parameters{}] -> info, when it is done
//   collection.check      collection, [repair]
//                         -> collection, clean, findings: [{file, offset, bytes, severity, part, what,
//                            consequence, remedy}], findings_left_out, files, bytes, records, rows;
//                            with repair also repair "nothing"|"opened"|"rewritten"|"salvaged", [kept_at,
//                            kept{records, rows, points}, lost{ranges, bytes, rows_max, ids, ...},
//                            schema_from]
//   collection.check_status  collection -> running, bytes_done, bytes_total
//   collection.snapshot   collection, [snapshot, exist_ok]
//                         -> created, collection, snapshot, created_at, points, dimension, own_bytes,
//                            shared_bytes
//   collection.snapshots  [collection] -> snapshots: [as above, error where one can't be read]
//   collection.snapshot_delete
//                         collection, snapshot, [missing_ok] -> deleted
//   collection.restore    collection, snapshot, [as, replace] -> info
//   snapshot.files        collection, snapshot
//                         -> as collection.snapshot, files: [{file, bytes, digest}], manifest, use_direct_io;
//                            all that never changes of a snapshot
//   snapshot.read         collection, snapshot, file, [offset, bytes] -> file_bytes; a u8 array "data"
//   restore.begin         collection, [replace] -> restore, by which the next three go on
//   restore.write         restore, file, offset; a u8 array "data" -> file_bytes; file is MANIFEST or one
//                         that it names, and one is sent after the other
//   restore.commit        restore -> info
//   restore.abort         restore -> aborted
//   insert, upsert        collection, vectors, [ids, metadata, durability, import{key, rows_done}]
//                         -> inserted, replaced, ids (u64 array; JSON where the request was text)
//   import.status         collection, key -> rows_done
//   get                   collection, ids, [with_vector]
//                         -> points: [{id, metadata}], missing: [ids]; vectors as an f32 array, or in each
//                            point where the request was text
//   delete                collection, ids, [durability] -> deleted
//   update_metadata       collection, id, metadata, [replace] -> nothing more; merges (RFC 7396) unless replace
//   search                collection, vector(s) | like{id} | like{field, value},
//                         [limit, ef_search, metric, filter, exact, with_metadata, with_vector, timeout_ms,
//                         explain, group_similar]
//                         -> results: [[{id, distance, [metadata, vector]}, ...] per query], path, distances,
//                            took_us, with explain also plans: [{path, ...} per query], with group_similar
//                            also grouping{groups, queries, [recall]}; like leaves the point itself out
//   search_range          as search, with max_distance and without group_similar
//   scroll                collection, [cursor, limit, filter, with_vector]
//                         -> points and vectors as with get, cursor or null; a page of large metadata may be
//                            shorter than limit
//   stats                 [collection, queries, threads]
//                         -> counters since the start, of all collections or one; with threads also
//                         threads: [{id, name, state, user_s, system_s, waits}] of the process; with
//                         queries also queries: [{collection, plan, count, mean_us, p50_us, p95_us, p99_us,
//                         max_us}]
//   io_stats              [collection]
//                         -> backend "io_uring"|"posix", [backend_note], process{[block_read_bytes,
//                            block_write_bytes], major_faults}, collections: [{name, read_iops, ...}]; see
//                            vexfs-protocol(7)
//   health                -> status "ok"|"degraded", version, pid, uptime_s, simd, collections, quarantined[],
//                            read_only[]
//   watch                 [collection, history_s]
//                         -> time_ms, interval_s, collections: [{name, points, lately{queries_per_s, ...}}],
//                            lately{}, server{}, cache{}, mount{}, host{}, tuning{}, ..., with history_s also
//                            history{step_s, times_ms, queries_per_s, ...}: watch/snapshot.h
//   metrics               -> text: the same for Prometheus
//   alerts                -> alerts: [{name, rule, severity, collection, value, threshold, raised_ms}],
//                            rules: [{name, metric, condition, threshold, ...}]
//   mount.status          -> mounted, directory, backend, note
//   mount.mount           [directory, backend] -> as mount.status
//   mount.unmount         -> as mount.status
// clang-format on
//
// import.key is 16 hexadecimal digits.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/collection/store.h"
#include "vexfsd/requests/collections_listener.h"
#include "vexfsd/requests/message.h"
#include "vexfsd/requests/mounts.h"
#include "vexfsd/requests/query_cache.h"
#include "vexfsd/requests/sampler.h"

namespace vexfs {

// Who asks. Root and the daemon's own user may do everything; others what a collection's owner and mode
// grant.
struct Caller {
    uint32_t uid = 0;
    uint32_t gid = 0;
    std::vector<uint32_t> groups;
    bool all_powerful = false;  // embedded use: the file system's permissions have decided already
    std::shared_ptr<const std::atomic<bool>> gone = {};  // set when nobody waits for the reply; may be null
    std::shared_ptr<UniqueFd> passed = {};  // the descriptor that came with the request; may be null
};

// A preset's schema by its name, not_found otherwise.
using PresetLookup = std::function<Result<Schema>(const std::string& name)>;

// A search that took longer than it should.
struct SlowQuery {
    std::string collection;
    std::string plan;  // SearchReply::path
    uint64_t took_us = 0;
    size_t queries = 0;
    uint64_t limit = 0;
    std::string filter;   // its JSON, or empty
    std::string failure;  // why it was ended, or empty
};

struct ServiceOptions {
    Schema defaults;  // of collections that name no preset
    PresetLookup presets;
    uint32_t collection_mode = 0660;
    QueryCache::Limits cache;
    uint64_t slow_query_us = 0;  // from here on searches are told to note_slow_query; 0 is for none
    std::function<void(const SlowQuery&)> note_slow_query;
};

class Service {
  public:
    Service(Store& store, ServiceOptions options);
    ~Service();

    // Never throws; what goes wrong is in the reply. The caller sends it when reply.held_back has passed.
    // Thread-safe.
    Message handle(const Message& request, const Caller& caller);

    // Whether a request has to name a collection and doesn't. Thread-safe.
    static bool lacks_collection(const nlohmann::json& header);

    // Takes effect with the next request (a reload).
    void set_options(ServiceOptions options);

    // What the requests mount.* speak of; null for nothing. It must outlast the requests.
    void set_mounts(MountControl* mounts);

    // Where those look who keep replies; null for nowhere.
    void set_generations(std::shared_ptr<GenerationBoard> generations);

    // Who is to know of collections that come, go and change.
    CollectionsListeners& listeners();

    // What only a daemon knows of itself, for `watch`; the sources must outlast the requests.
    void set_watch_sources(WatchSources sources);
    void set_alert_rules(std::vector<AlertRule> rules);
    void keep_alerts(const std::vector<KeptAlert>& raised);
    // Takes a snapshot and keeps it in the history: once a second, by one thread.
    std::shared_ptr<const Snapshot> sample();
    // Of all collections, for Prometheus. Thread-safe.
    std::string metrics();

    // The daemon stops: long operations end early, as unavailable, and none begins. Thread-safe.
    void interrupt();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace vexfs
