// SPDX-License-Identifier: Apache-2.0
// A file below import/: while it is open it lies on the disk, under a name of its own with the same ending,
// and when it is closed its vectors go into the collection. It is empty when the last descriptor is closed;
// that the kernel may remember its inode for long holds no disk space.
#pragma once

#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/base/unique_fd.h"
#include "vexfsd/tree/open_file.h"

namespace vexfs {

class ImportSpool {
  public:
    // Not open yet.
    ImportSpool(std::string path, std::string name, uint32_t mode, uint32_t uid, uint32_t gid,
                uint64_t serial);
    ~ImportSpool();
    ImportSpool(const ImportSpool&) = delete;
    ImportSpool& operator=(const ImportSpool&) = delete;

    const std::string& name() const { return name_; }
    uint64_t serial() const { return serial_; }
    uint32_t mode() const { return mode_; }
    uint32_t uid() const { return uid_; }
    uint32_t gid() const { return gid_; }
    timespec changed() const { return changed_; }
    uint64_t size() const;
    bool taken() const { return taken_; }

    // One more has it open; it begins anew where nobody had. ENOENT where it is not to be written.
    Outcome<void> open(bool to_write);
    void close();
    // Since when nobody has it open.
    std::optional<std::chrono::steady_clock::time_point> closed() const;

    Outcome<size_t> read(uint64_t offset, std::span<std::byte> bytes) const;
    Outcome<size_t> write(uint64_t offset, std::span<const std::byte> bytes);
    Outcome<void> truncate(uint64_t bytes);
    // Has its content taken in by `take`, which gets the path, where something was written since the last
    // time.
    Outcome<void> take_in(const std::function<Outcome<void>(const std::string&)>& take);

  private:
    const std::string path_, name_;
    const uint32_t mode_, uid_, gid_;
    const uint64_t serial_;
    timespec changed_{};
    std::mutex mutex_;  // guards what follows, and is held while it is taken in
    bool dirty_ = false;
    std::atomic<bool> taken_ = false;  // changes under it
    mutable std::mutex opened_mutex_;  // guards what follows; who has it open may use the descriptor without
    UniqueFd fd_;
    unsigned opened_ = 0;
    std::chrono::steady_clock::time_point closed_;
};

}  // namespace vexfs
