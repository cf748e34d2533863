// SPDX-License-Identifier: Apache-2.0
// Streams to and from a file that ends in the XXH3-64 of all before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/xxh3.h"
#include "engine/storage/bulk_writer.h"

namespace vexfs {

class ChecksummedWriter {
  public:
    // Replaces a file that is there; `bulk` as with Disk::create_bulk().
    static Result<ChecksummedWriter> create(Disk& disk, const std::string& path, bool bulk = false);

    Result<void> write(const void* data, size_t bytes);
    template <class T>
    requires std::is_trivially_copyable_v<T> Result<void> write(const T& value) {
        return write(&value, sizeof value);
    }
    // Writes the checksum; the file is on the disk when it returns.
    Result<void> finish();

  private:
    explicit ChecksummedWriter(std::unique_ptr<File> file);

    BulkWriter file_;
    Xxh3 hash_;
};

// Reads a file once and checks it as it goes. Until verify() the bytes may be any, so whoever reads them must
// bear that; what he found wrong is of no interest where the checksum fails. read_checksummed() does both.
class ChecksummedReader {
  public:
    static Result<ChecksummedReader> open(Disk& disk, const std::string& path);

    // Corrupt where fewer bytes are left before the checksum.
    Result<void> read(void* into, size_t bytes);
    template <class T>
    requires std::is_trivially_copyable_v<T> Result<void> read(T& into) { return read(&into, sizeof into); }
    uint64_t bytes_left() const { return content_bytes_ - offset_; }

    // Reads what is left; corrupt where the checksum isn't that of the whole content.
    Result<void> verify();

    // "PATH is damaged at byte N: WHAT"
    tl::unexpected<Error> corrupt(const std::string& what) const;

  private:
    ChecksummedReader(std::string path, std::unique_ptr<File> file, uint64_t content_bytes);
    Result<void> take(std::span<std::byte> into);
    Result<void> fill();
    Result<void> read_at(uint64_t offset, std::span<std::byte> into) const;

    std::string path_;
    std::unique_ptr<File> file_;
    Xxh3 hash_;
    uint64_t content_bytes_;
    uint64_t offset_ = 0;  // of the next byte to hand out
    uint64_t hashed_ = 0;  // so many bytes were read from the file
    std::vector<std::byte> buffer_;
    size_t buffered_ = 0, used_ = 0;
};

// What CONTENT(reader) returns, a Result, once the checksum of the whole file holds.
template <class Content>
std::invoke_result_t<Content, ChecksummedReader&> read_checksummed(Disk& disk, const std::string& path,
                                                                   Content&& content) {
    VEXFS_ASSIGN(ChecksummedReader file, ChecksummedReader::open(disk, path));
    auto read = content(file);
    VEXFS_TRY(file.verify());
    return read;
}

}  // namespace vexfs
