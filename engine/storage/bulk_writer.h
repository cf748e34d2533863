// SPDX-License-Identifier: Apache-2.0
// Writes a new file from its first byte to its last, in pieces that a direct file takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/base/result.h"
#include "engine/storage/disk.h"

namespace vexfs {

class BulkWriter {
  public:
    // Of a file that is empty.
    explicit BulkWriter(std::unique_ptr<File> file);

    Result<void> write(const void* data, size_t bytes);
    // What is buffered goes to the file; it is on the disk when it returns. Nothing is written after that.
    Result<void> finish();

    uint64_t bytes() const { return offset_ + buffered_; }  // that were given so far
    const File& file() const { return *file_; }

  private:
    std::unique_ptr<File> file_;
    uint64_t offset_ = 0;  // of the buffer in the file
    std::unique_ptr<std::byte, void (*)(void*)> buffer_;
    size_t buffered_ = 0;
};

}  // namespace vexfs
