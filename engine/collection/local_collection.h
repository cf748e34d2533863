// SPDX-License-Identifier: Apache-2.0
// A collection in a directory of this machine. See collection.h for what its functions do.
//
// Locks, in the order in which they are taken: checkpoint_mutex_, write_mutex_ (the log's end and all that
// follows from it), ids_mutex_ (the map from ids to rows), then those inside of Index, GroupCommit and
// schema_mutex_. Searches take ids_mutex_ only to look ids up.
#pragma once

#include <tsl/robin_map.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "engine/base/awaited_mutex.h"
#include "engine/base/epochs.h"
#include "engine/collection/collection.h"
#include "engine/collection/filter_plan.h"
#include "engine/collection/fresh_codes.h"
#include "engine/collection/group_commit.h"
#include "engine/collection/index.h"
#include "engine/collection/recall_probe.h"
#include "engine/collection/row_table.h"
#include "engine/index/anonymous_memory.h"
#include "engine/payload/payload_index.h"
#include "engine/storage/io_budget.h"
#include "engine/storage/manifest.h"
#include "engine/storage/measured_disk.h"
#include "engine/storage/read_ahead.h"
#include "engine/storage/segment.h"

namespace vexfs {

struct CheckSource;  // check.h

// The index is written down when what is not on the disk would take long to build again.
inline constexpr uint32_t unsaved_rows_min = 1'000;

struct CollectionOptions {
    uint64_t segment_bytes = uint64_t{256} << 20;
    uint64_t garbage_bytes_min = uint64_t{4} << 20;  // less is not worth reclaiming
    std::function<void()> wake_background;           // there is something to index
    std::function<void()> wake_syncer;               // sync_due()
    std::function<unsigned()> index_threads;         // that one step of indexing may use; none is one
    std::function<Backlog()> max_backlog;            // above it writes are held back; none is no limit
    IoBudget* background_io = nullptr;  // of what maintain_some() writes; it outlives the collection
};

class LocalCollection final : public Collection {
  public:
    // Writes an empty collection's files into a directory that is there.
    static Result<void> create(Disk& disk, const std::string& directory, const Schema& schema);
    static Result<std::shared_ptr<LocalCollection>> open(Disk& disk, std::string name, std::string directory,
                                                         CollectionOptions options);
    // Syncs what is not, writes the graph down where much of it is not on the disk, and notes in the manifest
    // what the log has. A dropped collection removes its directory.
    ~LocalCollection() override;

    Result<InsertReply> insert(const InsertRequest& request) override;
    Result<uint64_t> erase(std::span<const uint64_t> ids, std::optional<Durability> durability) override;
    Result<void> update_metadata(uint64_t id, std::string_view metadata, bool merge) override;
    Result<std::vector<Point>> get(std::span<const uint64_t> ids, bool with_vector) const override;
    Result<SearchReply> search(const SearchRequest& request) const override;
    Result<Page> scroll(uint64_t cursor, uint32_t limit, const Filter* filter,
                        bool with_vector) const override;
    std::vector<Listed> list_ids(uint64_t cursor, uint32_t limit) const override;
    PointsState points_state() const override;
    PointView view(ViewOf what) const override;
    uint64_t imported_rows(uint64_t key) const override;
    Result<void> configure(const nlohmann::json& parameters) override;
    Result<void> optimize(const WorkProgress& progress) override;
    Result<void> reindex(const SchemaChange& change, const WorkProgress& progress) override;
    Generation generation() const override {
        return {instance_, generation_.load(std::memory_order_acquire)};
    }
    void show_changes(std::atomic<uint64_t>& number) override { shown_changes_ = &number; }
    CollectionInfo info() const override;
    CollectionStats stats() const override;
    IoStats io_stats() const override;
    Schema schema() const override;

    // Makes `directory`, which is there and empty, a collection's own that holds what this one holds now, and
    // shares the files that are never written again (snapshot.h). Takes no longer for more points; writes
    // wait for a sync of the log. The number of points. An error leaves rubbish in `directory`.
    Result<uint64_t> snapshot(const std::string& directory);

    // Background work, false when there is nothing to do now: a step of indexing; and, by one thread at a
    // time, writes the index down when that is due, reclaims some of the disk, or checks the recall of a
    // search.
    bool index_some(const std::stop_token& stop);
    bool maintain_some(const std::stop_token& stop);
    // Puts acknowledged writes of `async` durability on the disk.
    void sync_async();
    // Whether sync_frequency of them have come since the last time.
    bool sync_due() const { return sync_due_; }
    // sync_async(), and notes in the log what is on the disk. By one thread at a time.
    void sync_behind();
    // Its files as they are now, for check_files(). Writes wait while they are listed.
    Result<CheckSource> check_source();
    // Whether it still needs the file.
    bool goes_by(const std::string& file) const;
    // Takes no writes until thaw(), so that its files stay as the source says; all of them are on the disk.
    // busy where it is frozen already.
    Result<CheckSource> freeze();
    void thaw();
    // In the place of files that are damaged, from what is held in memory.
    Result<void> rewrite_manifest();
    Result<void> rewrite_index(const WorkProgress& progress);
    // Moves its directory while it serves; it goes on there. On an error it is where it was.
    Result<void> move_to(const std::string& directory);
    // From now on every call is not_found and nothing is written; the destructor removes `directory`, to
    // which the caller moves the collection. Without one it is as before.
    void set_dropped(const std::optional<std::string>& directory);

  private:
    struct MixId {
        size_t operator()(uint64_t id) const;
    };
    struct Counters {
        std::atomic<uint64_t> searches = 0, inserts = 0, deletes = 0, updates = 0, search_us_total = 0,
                              search_us_max = 0, distances = 0;
    };

    // A segment's log and what it holds.
    struct OpenSegment {
        std::shared_ptr<Segment> log;
        uint64_t rows = 0;           // inserted, and moved to it
        uint64_t payload_bytes = 0;  // ids, vectors, metadata
    };
    // Where the reclaiming of the oldest segment stands.
    struct Reclaim {
        uint64_t segment = 0;  // number; another one is begun anew
        uint64_t offset = 0;   // of a record
        uint32_t point = 0;    // in the record
    };

    LocalCollection(Disk& disk, std::string name, std::string directory, CollectionOptions options,
                    Manifest manifest);

    // Recovery.
    void note_change();
    Result<void> open_segments();
    Result<void> check_record(const RecordView& record) const;
    void open_index();
    void remove_leftovers();

    // The one way by which a record becomes visible, written just now or replayed. norms: [count] of an
    // insert, where they are known.
    void apply(const RecordView& record, std::span<const float> norms = {});
    // Under write_mutex_.
    Result<void> check_writable() const;
    // The record's sequence; `sync` has it on the disk already.
    Result<uint64_t> append(const RecordContent& content, Durability durability = Durability::group,
                            std::span<const float> norms = {});
    Result<void> roll_segment();
    // Takes the manifest's place, on the disk and here. When it is not known what the disk has, no more
    // writes are taken.
    Result<void> replace_manifest(Manifest manifest);
    // Without a lock: waits as long as `durability` says for an appended write of about `bytes`.
    Result<void> commit(uint64_t sequence, Durability durability, uint64_t bytes = 0);
    Durability wanted(std::optional<Durability> durability) const {
        return durability ? *durability : schema().durability;
    }
    Result<void> wait_synced(const GroupCommit::Write& waiting);
    Result<uint64_t> sync_log();
    // The index, collection_index.cpp.
    bool save_index_if_due(const std::stop_token& stop);
    void release_fresh_codes(const Index& served);  // of rows that it has
    void retire(std::vector<AnonymousMemory> codes);
    // Until `index` has every row of now in its final form.
    Result<void> settle(Index& index, std::string_view what, const WorkProgress& progress);
    // Writes the index down through that disk, this collection's or one above it.
    Result<void> checkpoint_index(Disk& disk);
    // The same with `index` (null where there is none): names its files in the manifest, with what `change`
    // makes of the schema, and removes those that were there before. Under checkpoint_mutex_.
    Result<void> save_index(const std::shared_ptr<Index>& index, const SchemaChange& change, Disk& disk);
    void close();

    // Reclaiming, collection_reclaim.cpp: the live rows of the oldest segment are written again at the log's
    // end, then the segment is dropped.
    bool reclaim_is_due(bool all) const;  // under write_mutex_
    Result<bool> reclaim_some(bool all);  // one batch; false where nothing is due
    Result<uint64_t> move_rows();         // bytes that were written; 0 when no live row is left
    Result<void> drop_oldest_segment();
    uint64_t row_bytes(const std::byte* metadata) const;  // of payload
    Backlog backlog() const;
    std::chrono::microseconds hold_back(uint64_t rows);
    struct Served {
        Schema schema;
        std::shared_ptr<Index>
            index;  // that was built by it; lasts while reindex() puts another in its place
    };
    Served served() const {
        const std::shared_lock lock(schema_mutex_);
        return {schema_, index_};
    }
    std::shared_ptr<Index> index() const { return served().index; }
    unsigned index_threads() const { return options_.index_threads ? options_.index_threads() : 1; }

    PointsState state_now() const;  // under write_mutex_

    // Under an Epochs::Guard.
    std::shared_ptr<const payload::Answer> rows_of(const Filter& filter, uint32_t rows) const;

    ReadAhead read_ahead() const { return ReadAhead(uint64_t{schema().io.read_ahead_kb} << 10); }
    // What search() does beside counting.
    Result<SearchReply> find_nearest(const SearchRequest& request) const;
    bool check_recall(
        const std::stop_token& stop) const;  // of a search that was kept for that; false where there is none
    uint64_t points() const;
    Result<uint32_t> find(uint64_t id) const;
    Point point_at(uint32_t row, bool with_vector) const;
    SegmentIdentity identity_of(const ManifestSegment& segment) const;
    void refuse_writes(const Error& error);
    // Puts what failed in the background, or nothing, in the place of what did before.
    void note_background_error(std::string& of, const Result<void>& done);
    Result<CheckSource> list_files() const;  // under checkpoint_mutex_ and write_mutex_

    mutable MeasuredDisk disk_;
    const std::string name_;
    std::string directory_;  // changed under both of the mutexes below, so either protects it
    const CollectionOptions options_;
    const uint32_t dimension_;
    const simd::Metric metric_;
    const uint64_t instance_;

    AwaitedMutex checkpoint_mutex_;  // taken before write_mutex_, while the graph is written down

    mutable std::mutex write_mutex_;
    Manifest manifest_;  // its schema is a copy of schema_
    std::vector<OpenSegment> segments_;
    uint64_t live_bytes_ = 0;  // of the payload
    Reclaim reclaim_;
    uint64_t next_sequence_ = 1;
    uint64_t next_id_ = 0;
    std::map<uint64_t, uint64_t> imports_;  // rows done by key
    bool opened_ = false;

    Epochs epochs_;  // of those who read what rows_ points to
    mutable std::shared_mutex ids_mutex_;
    tsl::robin_map<uint64_t, uint32_t, MixId, std::equal_to<uint64_t>,
                   HugeAllocator<std::pair<uint64_t, uint32_t>>>
        ids_;
    RowTable rows_;
    FreshCodes fresh_codes_;  // of rows behind index_, where there is one
    mutable payload::PayloadIndex payload_index_;
    mutable FilterPlanner filter_planner_;
    mutable RecallProbe recall_probe_;
    GroupCommit group_commit_;
    BackPressure back_pressure_;
    std::atomic<uint32_t> unsaved_accepted_ = 0;  // rows that failed to be written down: not tried again
    std::mutex reclaim_mutex_;                    // of who reclaims; taken before checkpoint_mutex_
    std::atomic<std::chrono::steady_clock::time_point> reclaim_after_{};

    mutable std::shared_mutex schema_mutex_;
    Schema schema_;
    std::shared_ptr<Index> index_;       // null for flat
    std::shared_ptr<Index> next_index_;  // that reindex() builds, null for flat
    bool reindexing_ = false;
    std::optional<Error> read_only_;  // why
    std::string index_error_, reclaim_error_;
    std::string dropped_directory_;

    std::atomic<bool> dropped_ = false;
    std::atomic<bool> refuses_writes_ = false;
    std::atomic<uint64_t> unsynced_sequence_ = 0;  // the last `async` write
    std::atomic<uint64_t> unsynced_calls_ = 0;     // `async` writes since sync_async()
    std::atomic<bool> sync_due_ = false;
    std::atomic<uint64_t> generation_ = 0;
    std::atomic<std::atomic<uint64_t>*> shown_changes_ = nullptr;
    mutable Counters counters_;
};

}  // namespace vexfs
