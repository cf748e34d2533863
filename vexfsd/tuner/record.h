// SPDX-License-Identifier: Apache-2.0
// What was tuned, written down before the kernel is touched, so that it can be undone after any crash.
//
// It is a checked text (engine/storage/checked_text.h) that names the boot it speaks of: the values of a
// kernel that was started anew are its own again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/storage/disk.h"

namespace vexfs::tuner {

struct TunedValue {
    std::string key;
    std::string path;      // where it was written
    std::string original;  // what stood there before anybody tuned it
    std::string ours;      // what we have written, or are about to
    // Where the original goes back to, which is another place where the kernel zeroes one key for the other:
    // vm.dirty_ratio and vm.dirty_bytes.
    std::string restore_path;
    bool raise = false;
    bool leaving = false;  // being undone, for the profile that is applied has no such key
};

struct TuningRecord {
    std::string boot_id;
    std::string profile;
    bool complete = false;    // false while values are written: whether each was is to be seen
    uint64_t applied_at = 0;  // seconds since the epoch
    std::vector<TunedValue> values;

    const TunedValue* find(const std::string& key) const;
};

class RecordFile {
  public:
    RecordFile(Disk& disk, std::string directory);

    const std::string& path() const { return path_; }
    // None where nothing was tuned.
    Result<std::optional<TuningRecord>> load() const;
    // On the disk when it returns. Makes the directory.
    Result<void> save(const TuningRecord& record);
    Result<void> remove();

  private:
    Disk& disk_;
    std::string directory_, path_;
};

}  // namespace vexfs::tuner
