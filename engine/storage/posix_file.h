// SPDX-License-Identifier: Apache-2.0
// A file of the machine's file systems: pwritev, pread, fdatasync, mmap. See disk.h for what its functions
// do.
#pragma once

#include <string>

#include "engine/base/unique_fd.h"
#include "engine/storage/disk.h"

namespace vexfs {

class PosixFile : public File {
  public:
    // A second descriptor of the same file, open with O_DIRECT, takes the writes that are aligned.
    PosixFile(std::string path, UniqueFd fd, UniqueFd direct_fd = {})
        : path_(std::move(path)), fd_(std::move(fd)), direct_fd_(std::move(direct_fd)) {}

    Result<void> write_at(uint64_t offset, std::span<const iovec> parts) override;
    Result<void> read_at(uint64_t offset, std::span<std::byte> into) const override;
    Result<uint64_t> size() const override;
    Result<uint64_t> links() const override;
    Result<void> truncate(uint64_t bytes) override;
    Result<void> sync() override;
    Result<std::unique_ptr<Mapping>> map(uint64_t bytes) const override;
    bool direct() const override { return static_cast<bool>(direct_fd_); }

  protected:
    const std::string& path() const { return path_; }
    int fd() const { return fd_.get(); }
    // The descriptor for a write: past the page cache where it is aligned.
    int fd_for(uint64_t offset, std::span<const iovec> parts) const;
    // Where the file system takes no direct write after all.
    void stop_direct() { direct_fd_.reset(); }

    tl::unexpected<Error> fail_write(uint64_t offset, int error_number) const;
    tl::unexpected<Error> fail_read(uint64_t offset, int error_number) const;
    tl::unexpected<Error> fail_short(uint64_t offset) const;  // the file ends before what was asked for
    tl::unexpected<Error> fail_sync(int error_number) const;

  private:
    std::string path_;
    UniqueFd fd_;
    UniqueFd direct_fd_;
};

// Takes `done` bytes off the front of parts, and the parts that are empty then.
std::span<iovec> take_off(std::span<iovec> parts, size_t done);

}  // namespace vexfs
