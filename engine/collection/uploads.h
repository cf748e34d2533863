// SPDX-License-Identifier: Apache-2.0
// Collections that come from elsewhere, file by file: a backup that is put back. Files gather in a directory
// beside those of the collections, which goes with the upload, or at the next start.
//
// What comes is a stranger's: names are checked here, the content before it is put in place (Store::commit).
//
// Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "engine/base/result.h"
#include "engine/collection/restore_target.h"
#include "engine/storage/bulk_writer.h"

namespace vexfs {

inline constexpr size_t uploads_max = 16;  // under way at once

struct Upload {
    std::string directory;
    RestoreTarget target;
    uint32_t uid = 0;  // who began it
};

class Uploads {
  public:
    // One that nothing came for in that time makes room for others.
    static constexpr auto idle_max = std::chrono::minutes(30);

    explicit Uploads(Disk& disk) : disk_(disk) {}

    // Makes the upload's directory; the id by which it goes on. busy where there are uploads_max.
    Result<std::string> begin(Upload upload);
    // Who began it, and where it goes; not_found for one that there is not.
    Result<Upload> find(const std::string& id) const;
    // Appends to MANIFEST, a log or a file of the index: `offset` is the bytes that the file has. Those that
    // it has then. One file after the other; past the page cache where the manifest, sent first, says so.
    Result<uint64_t> write(const std::string& id, const std::string& file, uint64_t offset,
                           std::span<const std::byte> bytes);
    // What was sent so far is on the disk when it returns, whole files of it.
    Result<void> finish(const std::string& id);
    // Takes it out of the list: its directory is the caller's now.
    Result<Upload> take(const std::string& id);
    // Removes it and its directory.
    Result<void> abort(const std::string& id);

  private:
    struct Entry {
        Upload upload;
        std::chrono::steady_clock::time_point used;
        std::mutex writing;   // one writer at a time; guards what follows
        std::string current;  // the file that is being written
        std::optional<BulkWriter> writer;
    };
    // Under writing.
    Result<void> begin_file(Entry& entry, const std::string& file);
    static Result<void> finish_file(Entry& entry);
    Result<std::shared_ptr<Entry>> entry_of(const std::string& id) const;
    void remove_idle();  // under mutex_

    Disk& disk_;
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Entry>> entries_;
};

}  // namespace vexfs
