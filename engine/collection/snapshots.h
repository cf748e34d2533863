// SPDX-License-Identifier: Apache-2.0
// The snapshots of a data directory:
//
//   DIR/snapshots/COLLECTION/SNAPSHOT/   see snapshot.h
//
// They are made beside their place and moved there whole, and outlive their collection.
//
// Thread-safe. One snapshot is made or removed at a time.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/collection/local_collection.h"

namespace vexfs {

struct SnapshotInfo {
    std::string collection, name;
    std::string created;  // UTC, "2026-11-24T16:40:05Z"
    uint64_t points = 0;
    Schema schema;               // the collection's at that time
    uint64_t own_bytes = 0;      // of files that nothing else has: freed when it is deleted
    uint64_t shared_bytes = 0;   // of files that the collection or other snapshots have as well
    std::optional<Error> error;  // for which it can't be read; the fields above but its names are empty then
};

class Snapshots {
  public:
    // `directory` is that of all of them, DIR/snapshots.
    Snapshots(Disk& disk, std::string directory) : disk_(disk), directory_(std::move(directory)) {}

    // Removes what a crash left of one that was being made or removed.
    Result<void> clean_up();

    // already_exists where the name is taken; an empty one stands for the time, "2026-11-24T16-40-05Z".
    Result<SnapshotInfo> create(LocalCollection& collection, const std::string& of, std::string name);
    // Those of one collection, or of all for an empty name; sorted by collection and name.
    Result<std::vector<SnapshotInfo>> list(const std::string& collection) const;
    // not_found, or why it can't be read.
    Result<SnapshotInfo> find(const std::string& collection, const std::string& name) const;
    Result<void> remove(const std::string& collection, const std::string& name);

    std::string path_of(const std::string& collection, const std::string& name) const;

  private:
    Result<SnapshotInfo> read(const std::string& collection, const std::string& name) const;
    Result<std::string> free_name(const std::string& collection, const std::string& created) const;
    bool exists(const std::string& collection, const std::string& name) const;

    Disk& disk_;
    const std::string directory_;
    mutable std::mutex mutex_;  // of who makes, removes or reads them
};

}  // namespace vexfs
