// SPDX-License-Identifier: Apache-2.0
// Regular files as the readers and writers of this room see them: read at an offset, or written beside the
// target and put in its place when complete. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/unique_fd.h"

namespace vexfs::formats {

inline constexpr size_t buffer_bytes = size_t{1} << 20;

class InputFile {
  public:
    // unsupported where `path` is a pipe, a device or a directory: readers need the size and seek.
    static Result<InputFile> open(const std::string& path);

    const std::string& path() const { return path_; }
    uint64_t size() const { return size_; }  // as of open

    // Up to bytes.size() from `offset`; 0 at the end.
    Result<size_t> read_some(uint64_t offset, std::span<std::byte> bytes) const;
    // All of `bytes`; malformed where the file ends before.
    Result<void> read_exactly(uint64_t offset, std::span<std::byte> bytes) const;

  private:
    InputFile(std::string path, UniqueFd fd, uint64_t size)
        : path_(std::move(path)), fd_(std::move(fd)), size_(size) {}
    std::string path_;
    UniqueFd fd_;
    uint64_t size_;
};

class OutputFile {
  public:
    // Opens PATH.part. busy where another process writes it at the moment.
    static Result<OutputFile> create(const std::string& path);
    OutputFile(OutputFile&&) = default;
    OutputFile& operator=(OutputFile&&) = delete;
    ~OutputFile();  // removes PATH.part unless committed

    const std::string& path() const { return path_; }
    Result<void> append(std::span<const std::byte> bytes);
    Result<void> append(std::string_view text) { return append(std::as_bytes(std::span(text))); }
    // Overwrites bytes that were appended before.
    Result<void> patch(uint64_t offset, std::span<const std::byte> bytes);
    // Brings everything to the disk and renames PATH.part to PATH.
    Result<void> commit();

  private:
    OutputFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
    Result<void> flush();
    Result<void> write_all(std::span<const std::byte> bytes, uint64_t offset);
    std::string part() const { return path_ + ".part"; }

    std::string path_;
    UniqueFd fd_;
    std::vector<std::byte> buffer_;
    uint64_t flushed_ = 0;
};

}  // namespace vexfs::formats
