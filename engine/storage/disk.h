// SPDX-License-Identifier: Apache-2.0
// All that VexFS asks of a disk, narrow enough that a test can stand in for one and that an object store
// could.
//
// Paths are absolute or relative to the working directory. Every function is thread-safe on different files;
// on one File, map() and read_at() may run beside write_at().
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace vexfs {

// Read-only memory that shows a file's content, also what is written to it later, up to the bytes it was made
// for.
class Mapping {
  public:
    virtual ~Mapping() = default;
    virtual const std::byte* data() const = 0;
};

// Enough for direct I/O to any disk that has sectors of up to a page.
inline constexpr size_t direct_alignment = 4096;
// In the file and, each part, in memory.
bool is_aligned(uint64_t offset, std::span<const iovec> parts);
uint64_t bytes_of(std::span<const iovec> parts);

class File {
  public:
    virtual ~File() = default;

    // Writes all of it or fails; a failed write may have left a part.
    virtual Result<void> write_at(uint64_t offset, std::span<const iovec> parts) = 0;
    virtual Result<void> read_at(uint64_t offset, std::span<std::byte> into) const = 0;
    virtual Result<uint64_t> size() const = 0;
    virtual Result<uint64_t> links() const = 0;  // names that it has
    virtual Result<void> truncate(uint64_t bytes) = 0;
    // Data and size are on the disk when it returns. After a failure nothing may be assumed of what was not
    // synced before, so that its error is io_error, for a full disk as well.
    virtual Result<void> sync() = 0;
    // write_at() and, where that succeeded, sync(), in one call to the disk where it can. io_error where it
    // is not known what the disk has; after other errors it is as after write_at().
    virtual Result<void> write_and_sync(uint64_t offset, std::span<const iovec> parts) {
        VEXFS_TRY(write_at(offset, parts));
        return sync();
    }
    // Whether writes go past the page cache: those of which is_aligned() is true.
    virtual bool direct() const { return false; }
    // `bytes` may be more than the file has: what lies beyond its end must not be touched until it has grown.
    virtual Result<std::unique_ptr<Mapping>> map(uint64_t bytes) const = 0;
};

class Disk {
  public:
    virtual ~Disk() = default;

    virtual Result<std::unique_ptr<File>> create(
        const std::string& path) = 0;  // already_exists where there is one
    // create() of a file that is written once, in large pieces, and not read soon: past the page cache where
    // the file system can.
    virtual Result<std::unique_ptr<File>> create_bulk(const std::string& path) { return create(path); }
    virtual Result<std::unique_ptr<File>> open(const std::string& path) = 0;
    virtual Result<std::string> read(const std::string& path, size_t bytes_max) = 0;
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    // A second name for a file; already_exists where that is taken, unsupported where there can't be one: on
    // another file system, beyond its limit of links, or where it has none.
    virtual Result<void> link(const std::string& from, const std::string& to) = 0;
    virtual Result<void> remove(const std::string& path) = 0;
    virtual Result<void> make_directory(
        const std::string& path) = 0;  // no error where it is there; makes parents
    virtual Result<void> remove_directory(const std::string& path) = 0;  // with all that is in it
    virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
    // Names made, renamed and removed in it are on the disk when it returns. Its error is io_error, whatever
    // the cause: what the disk has then is not known.
    virtual Result<void> sync_directory(const std::string& path) = 0;
};

// The machine's file systems.
Disk& posix_disk();

// Puts `content` in a file's place so that a crash leaves the old or the new one: write, sync, rename, sync
// of the directory.
Result<void> replace_file(Disk& disk, const std::string& path, std::string_view content);

// A second name for a file that is never written again; where there can't be one, a copy, which is synced.
// The name itself is on the disk after sync_directory().
Result<void> link_or_copy(Disk& disk, const std::string& from, const std::string& to);

}  // namespace vexfs
