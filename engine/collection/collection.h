// SPDX-License-Identifier: Apache-2.0
// A durable collection of points: u64 id, f32 vector, JSON object as metadata.
//
// Every function is thread-safe. Searches never wait for writes. A write returns when it is as durable as was
// asked for, and every search that starts after that sees it. Writes of one call are atomic: after a crash
// all of them are there or none.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/base/result.h"
#include "engine/collection/back_pressure.h"
#include "engine/collection/point_view.h"
#include "engine/collection/schema.h"
#include "engine/filter/filter.h"
#include "engine/storage/measured_disk.h"

namespace vexfs {

inline constexpr uint32_t search_limit_max = 10'000;
inline constexpr uint32_t insert_rows_max = 1 << 20;         // of one call
inline constexpr size_t insert_bytes_max = size_t{1} << 30;  // vectors and metadata of one call

// Where the rows of a write come from, so that a stopped import can go on: `key` names the source (a hash of
// its content, not 0) and `rows_done` counts the source's rows up to and with this write. Logged with the
// write itself, in one record.
struct ImportMark {
    uint64_t key = 0;
    uint64_t rows_done = 0;
};

enum class OnConflict {
    fail,     // insert: already_exists, and nothing is written
    replace,  // upsert: the new point takes the old one's place
};

struct InsertRequest {
    std::span<const float> vectors;  // [rows, dimension]
    std::span<const uint64_t>
        ids;  // [rows], or empty: ids are assigned, counting up from the highest ever used
    std::span<const std::string_view> metadata;  // [rows], a JSON object each or "", or empty
    OnConflict on_conflict = OnConflict::fail;
    std::optional<Durability> durability;  // instead of the collection's
    std::optional<ImportMark> mark;
};

struct InsertReply {
    std::vector<uint64_t> ids;  // [rows], as given or assigned
    uint64_t replaced = 0;      // points that had one of these ids before
    // The write is done; it is to be acknowledged that much later, indexing being behind (back_pressure.h).
    std::chrono::microseconds held_back{0};
};

struct Point {
    uint64_t id = 0;
    std::vector<float> vector;  // [dimension], or empty where not asked for
    std::string metadata;       // JSON object, or empty where there is none
};

struct Hit {
    uint64_t id = 0;
    float distance = 0;    // see simd/distance.h: less is nearer
    std::string metadata;  // where asked for
    std::vector<float> vector;
};

struct SearchRequest {
    std::span<const float> query;         // [dimension]
    uint32_t limit = 10;                  // 1 to search_limit_max
    std::optional<uint32_t> ef_search;    // breadth, instead of what holds a recall
    std::optional<double> target_recall;  // instead of the collection's
    const Filter* filter = nullptr;
    std::optional<float> distance_max;  // a range search: nothing farther away
    bool with_metadata = true;
    bool with_vector = false;
    bool exact = false;  // compare with every point
    // Instead of the collection's, whose index is of no use then: every point is compared with.
    std::optional<simd::Metric> metric = {};
    // Asked now and then while rows are compared; an error ends the search. It outlives that.
    std::optional<FunctionRef<Result<void>()>> goes_on = {};
};

// How a search was answered.
struct SearchPlan {
    // Of a filter: the live points that it takes, about, and their share of all. What a comparison with each
    // of them was expected to cost, and a search of the index for them, where that was to be chosen between.
    std::optional<uint64_t> matches;
    double selectivity = 1;
    std::optional<double> expected_scan_us, expected_index_us;
    uint64_t visited = 0;  // nodes or sketches that the index looked at, with what it compared exactly
    uint64_t scanned = 0;  // rows compared besides
    double filter_us = 0, index_us = 0, scan_us = 0, reply_us = 0;
};

struct SearchReply {
    std::vector<Hit> hits;  // nearest first; ties by id
    // The access path taken: "scan", or with a filter "filter scan", of its rows alone; or one of
    // paths/path.h, with a filter "filter graph" and so on; "graph+scan" where rows are not in the index yet.
    std::string path;
    SearchPlan plan;
    uint64_t distances = 0;  // computed
    uint32_t ef_search = 0;  // 0 where no graph was walked
};

struct CollectionInfo {
    std::string name;
    Schema schema;
    uint64_t points = 0;
    uint64_t dead_rows = 0;       // deleted or replaced, still on disk
    uint64_t indexed_points = 0;  // rows in the index, dead ones included
    Backlog backlog;
    std::optional<uint64_t> reindexed_rows;  // while it is reindexed: rows that the new index has
    uint64_t segments = 0;
    uint64_t disk_bytes = 0;
    uint64_t index_memory_bytes = 0;
    // The access path that holds the target recall by the last measurement, and the recall it gave; empty and
    // 0 where none was made.
    std::string calibrated_path;
    double calibrated_recall = 0;
    std::string calibrated_layout;  // of the rows of a graph, which its data asked for: fast, projected or compact
    double calibrated_reach = 0;    // of the walks in a graph, graph/reach.h; else 0
    // Of the last live searches that were checked against an exact one, of this index and at this breadth;
    // and how many were checked so far.
    std::optional<double> observed_recall;
    uint64_t observed_queries = 0;
    uint64_t filter_memory_bytes = 0;  // of what is kept to answer filters
    uint64_t generation = 0;           // grows with each change that is seen
    bool read_only = false;
    std::string read_only_reason;
    // Why the index could not be read or written, or disk space not be reclaimed, the last time; empty once
    // that was done.
    std::string background_error;
};

// What tells one state of a collection from another, as searches see it.
struct Generation {
    uint64_t instance = 0;  // of this opening of the collection, a random number
    uint64_t number = 0;    // grows with each change that is seen, before the change is acknowledged

    bool operator==(const Generation&) const = default;
};

struct CollectionStats {
    uint64_t searches = 0, inserts = 0, deletes = 0, updates = 0;  // calls; inserts counts rows
    uint64_t search_us_total = 0, search_us_max = 0;
    uint64_t distances = 0;
    uint64_t log_syncs = 0, log_bytes = 0;
    Backlog backlog{};          // as it is now
    BackPressure::Held held{};  // writes, because of the backlog
};

// Is told of work how much is done and how much there is in all, and stops it by returning false. May be
// empty.
using WorkProgress = std::function<bool(uint64_t done, uint64_t total)>;

// What is to be changed of a schema; an error refuses it.
using SchemaChange = std::function<Result<void>(Schema&)>;

class Collection {
  public:
    virtual ~Collection() = default;

    virtual Result<InsertReply> insert(const InsertRequest& request) = 0;
    // How many of the ids there were. Ids that there are not are no error.
    virtual Result<uint64_t> erase(std::span<const uint64_t> ids,
                                   std::optional<Durability> durability = {}) = 0;
    // Puts metadata (a JSON object, or "" for none) in the place of a point's; merge keeps the keys it
    // doesn't name (RFC 7396).
    virtual Result<void> update_metadata(uint64_t id, std::string_view metadata, bool merge) = 0;

    virtual Result<std::vector<Point>> get(std::span<const uint64_t> ids, bool with_vector) const = 0;
    virtual Result<SearchReply> search(const SearchRequest& request) const = 0;
    // Up to `limit` points that `filter` takes, from `cursor` on in the order they were written; the cursor
    // to go on with, or none at the end. 0 starts.
    struct Page {
        std::vector<Point> points;
        std::optional<uint64_t> cursor;
    };
    virtual Result<Page> scroll(uint64_t cursor, uint32_t limit, const Filter* filter,
                                bool with_vector) const = 0;

    // The ids of up to `limit` points, in the order of scroll(), each with the cursor behind it.
    struct Listed {
        uint64_t id = 0;
        uint64_t cursor = 0;
    };
    virtual std::vector<Listed> list_ids(uint64_t cursor, uint32_t limit) const = 0;

    // What the points are now, and a view of them. Writes wait while a view is made: some milliseconds for a
    // million points.
    virtual PointsState points_state() const = 0;
    virtual PointView view(ViewOf what) const = 0;

    // Rows of a source that are in already, 0 for one never seen.
    virtual uint64_t imported_rows(uint64_t key) const = 0;

    // Changes parameters that can change while it serves (ef_search, durability, target_recall, those of
    // IoParameters, mode, owner, group).
    virtual Result<void> configure(const nlohmann::json& parameters) = 0;
    // Indexes what isn't yet and writes the index down. Progress is in rows.
    virtual Result<void> optimize(const WorkProgress& progress) = 0;
    // Builds another index by what `change` makes of the schema: all but the dimension, the metric and the
    // access may be changed, the algorithm too. The index of before serves until the new one is on the disk
    // with every row in its final form; where that fails or is stopped, nothing is changed. `change` is
    // called again then. busy where it is under way already. Progress is in rows.
    virtual Result<void> reindex(const SchemaChange& change, const WorkProgress& progress) = 0;

    // Waits for nobody.
    virtual Generation generation() const = 0;
    // From now on this number grows too, with each change that is seen and where the collection is dropped,
    // for those who can't ask. It must be there as long as the collection is; the last one that was named
    // does.
    virtual void show_changes(std::atomic<uint64_t>& number) = 0;
    virtual CollectionInfo info() const = 0;
    virtual CollectionStats stats() const = 0;
    // What its files were read, written and synced since it was opened, and lately.
    virtual IoStats io_stats() const = 0;
    virtual Schema schema() const = 0;
};

}  // namespace vexfs
