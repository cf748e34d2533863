// SPDX-License-Identifier: Apache-2.0
// A data directory and the collections in it. One process at a time: the directory is locked.
//
//   DIR/LOCK                     held with flock(2), its text the holder's pid
//   DIR/collections/NAME/        one collection, see storage/format.h
//   DIR/damaged/NAME-TIME/       what a repair put something else in the place of, and NAME-TIME.json of it
//   DIR/snapshots/NAME/SNAPSHOT/ one snapshot of it, see snapshots.h
//
// Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/collection/collection.h"
#include "engine/collection/repair.h"
#include "engine/collection/restore_target.h"
#include "engine/collection/snapshots.h"
#include "engine/collection/uploads.h"
#include "engine/storage/io_backend.h"

namespace vexfs {

struct StoreOptions {
    std::string directory;       // made where it is missing
    unsigned index_threads = 0;  // that build indexes; 0 is one per CPU
    bool background_indexing = true;
    uint64_t segment_bytes = uint64_t{256} << 20;  // an active segment of that size is sealed
    // Deleted and replaced data that is not worth reclaiming; above it, from a fifth of a collection's on.
    uint64_t garbage_bytes_min = uint64_t{4} << 20;
    // Written by the background at most, files of the index and what is reclaimed; 0 is no limit.
    uint64_t background_bytes_per_s = 0;
    // Of one collection, while background_indexing brings it down; above it writes are held back.
    Backlog max_backlog{4'000'000, uint64_t{8} << 30};
    IoBackend io_backend = IoBackend::automatic;
    Disk* disk = nullptr;  // in the place of the backend's, for tests; it outlives the store
};

// A collection that could not be opened; the others serve.
struct Quarantined {
    std::string name;
    Error error;
};

class Store {
  public:
    // busy where another process holds the directory.
    static Result<std::unique_ptr<Store>> open(const StoreOptions& options);
    // Stops the background work, writes the indexes down and unlocks. Collections must have been let go.
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    Result<std::shared_ptr<Collection>> create(const std::string& name, const Schema& schema);
    // not_found, or the error for which it is quarantined.
    Result<std::shared_ptr<Collection>> find(const std::string& name) const;
    // Its files go when the last user of the collection has let it go; calls after this find it not. One that
    // is quarantined goes as well.
    Result<void> drop(const std::string& name);
    // The same of one that holds no points; else invalid_argument.
    Result<void> drop_empty(const std::string& name);
    // Another in the place of one that holds no points: with another dimension, say. invalid_argument where
    // it holds some. Users of the old one find it not, as after drop().
    Result<std::shared_ptr<Collection>> remake(const std::string& name, const Schema& schema);

    // Reads every byte of a collection's files, check.h. It may serve meanwhile, or be quarantined.
    Result<CheckReport> check(const std::string& name, const CheckProgress& progress) const;
    // Checks, and mends what is found. Where only the index, or the manifest of one that serves, is damaged,
    // these are written again. Else all records that are whole go into a new collection, which takes the
    // place of the damaged one; that one is kept in DIR/damaged, and the report beside it. One that serves
    // takes no writes meanwhile (busy), and is searched as before. On an error all is as it was.
    Result<RepairReport> repair(const std::string& name, const CheckProgress& progress);
    // Of one that may be quarantined, as its manifest has it.
    Result<Schema> stored_schema(const std::string& name) const;
    // As it is now. See Snapshots::create.
    Result<SnapshotInfo> snapshot(const std::string& name, const std::string& snapshot);
    // Of one collection, whether it is still there or not, or of all for an empty name.
    Result<std::vector<SnapshotInfo>> snapshots(const std::string& name) const;
    Result<SnapshotInfo> find_snapshot(const std::string& name, const std::string& snapshot) const;
    Result<void> delete_snapshot(const std::string& name, const std::string& snapshot);
    std::string snapshot_path(const std::string& name, const std::string& snapshot) const;
    // A collection that holds what the snapshot does and shares its files; the snapshot stays. corrupt where
    // the snapshot is damaged. One that is replaced serves until the new one does, and is then as after
    // drop().
    Result<std::shared_ptr<Collection>> restore(const std::string& name, const std::string& snapshot,
                                                const RestoreTarget& target);

    // A collection that comes file by file; begun by that user. The upload's id.
    Result<std::string> begin_restore(const RestoreTarget& target, uint32_t uid);
    Uploads& uploads();
    // Puts it in place as restore() does. corrupt where anything in it is damaged or what no collection
    // takes, such as metadata of more levels. The upload is gone, whatever comes of it.
    Result<std::shared_ptr<Collection>> commit_restore(const std::string& id, int metadata_depth_max);

    std::vector<std::string> names() const;  // sorted, without the quarantined
    std::vector<Quarantined> quarantined() const;
    const std::string& directory() const;
    // How the disk is reached, and why not as was asked for.
    const ChosenDisk& disk() const;
    unsigned index_threads() const;
    // Takes effect with the next batch that is indexed.
    void set_index_threads(unsigned count);
    void set_background_bytes_per_s(uint64_t bytes);
    Backlog max_backlog() const;
    // Takes effect with the next write.
    void set_max_backlog(const Backlog& limit);

  private:
    struct State;
    explicit Store(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace vexfs
