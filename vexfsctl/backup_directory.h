// SPDX-License-Identifier: Apache-2.0
// A directory that a collection is backed up to:
//
//   MANIFEST                      what the backup consists of; its two lines are those of checked_text.h
//   NNNNNNNN.DIGEST.log|.hnsw     files of the collection; a name stands for one content, for ever
//   PENDING                       the name of the snapshot that a backup under way reads
//
// A new file never takes the place of one that MANIFEST names, so that the last backup is whole until
// MANIFEST is replaced by the next one. The directory is locked with flock(2) while it is used.
//
// Whoever can write the directory may have put anything into it: what is read is checked.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/unique_fd.h"
#include "engine/collection/stored_file.h"

namespace vexfs::ctl {

struct Backup {
    std::string collection, snapshot;
    std::string created_at;  // UTC
    uint64_t points = 0;
    std::string manifest;  // the collection's own, as text
    std::vector<StoredFile> files;
};

class BackupDirectory {
  public:
    enum class Use { write, read };
    // To write it is made where it is missing. busy where another process uses it.
    static Result<BackupDirectory> open(const std::string& path, Use use);

    // not_found where there is no backup.
    Result<Backup> read() const;
    std::string path_of(const StoredFile& file) const;
    // Opened for reading. corrupt where it is no plain file, or one of another size.
    Result<std::unique_ptr<File>> open_file(const StoredFile& file) const;

    // Whether the file is there, of its size; a file gets its name when it is whole.
    bool has(const StoredFile& file) const { return open_file(file).has_value(); }
    Result<void> replace(const Backup& backup);
    // Files of earlier backups, and parts of files that a backup left which was stopped.
    Result<void> remove_all_but(const Backup& backup);

    // "" for none.
    std::string pending() const;
    Result<void> set_pending(const std::string& snapshot);
    void clear_pending();

  private:
    BackupDirectory(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

    std::string path_;
    UniqueFd lock_;
};

}  // namespace vexfs::ctl
