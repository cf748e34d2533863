// SPDX-License-Identifier: Apache-2.0
// A snapshot's directory: that of a collection, as it was at one moment.
//
//   MANIFEST          the collection's, with a fresh active segment at its end
//   NNNNNNNN.log      sealed segments, links to the collection's own, and the active one, which is empty
//   NNNNNNNN.hnsw     files of the index, links as well
//   SNAPSHOT          when and of what it was made; its two lines are those of checked_text.h
//
// What is linked is never written again, by nobody. Only the active segment is, so that each directory has
// one of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/storage/disk.h"
#include "engine/storage/manifest.h"

namespace vexfs {

inline constexpr std::string_view snapshot_file_name = "SNAPSHOT";

// NNNNNNNN.log or NNNNNNNN.hnsw: the names of files that never change once they are named by a manifest.
bool is_log_name(std::string_view name);
bool is_index_name(std::string_view name);

// Names of the files that a manifest lists and that are never written again: all but the active segment.
std::vector<std::string> sealed_files(const Manifest& manifest);

// Links or copies sealed_files(manifest) from one directory to another.
Result<void> link_sealed_files(Disk& disk, const std::string& from, const std::string& to,
                               const Manifest& manifest);
// Makes the active segment of `manifest`, empty, and writes the manifest: with the sealed files, `directory`
// is a collection's then. The names in it are on the disk when it returns.
Result<void> begin_active_segment(Disk& disk, const std::string& directory, Manifest manifest);

struct SnapshotRecord {
    std::string collection;
    std::string created;  // UTC, "2026-11-24T16:40:05Z"
    uint64_t points = 0;
};
Result<void> write_snapshot_record(Disk& disk, const std::string& directory, const SnapshotRecord& record);
Result<SnapshotRecord> read_snapshot_record(Disk& disk, const std::string& directory);

}  // namespace vexfs
