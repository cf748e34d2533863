// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/bulk_writer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace vexfs {
namespace {

constexpr size_t bulk_buffer_bytes = size_t{1} << 20;

std::byte* aligned_buffer() {
    void* const memory = std::aligned_alloc(direct_alignment, bulk_buffer_bytes);
    if (memory == nullptr) throw std::bad_alloc();
    return static_cast<std::byte*>(memory);
}

}  // namespace

BulkWriter::BulkWriter(std::unique_ptr<File> file)
    : file_(std::move(file)), buffer_(aligned_buffer(), std::free) {}

Result<void> BulkWriter::write(const void* data, size_t bytes) {
    const auto* from = static_cast<const std::byte*>(data);
    while (bytes > 0) {
        const iovec whole{const_cast<std::byte*>(from), bytes - bytes % bulk_buffer_bytes};
        if (buffered_ == 0 && whole.iov_len > 0 && (!file_->direct() || is_aligned(offset_, {&whole, 1}))) {
            VEXFS_TRY(file_->write_at(offset_, {&whole, 1}));
            offset_ += whole.iov_len;
            from += whole.iov_len;
            bytes -= whole.iov_len;
            continue;
        }
        const size_t taken = std::min(bytes, bulk_buffer_bytes - buffered_);
        std::memcpy(buffer_.get() + buffered_, from, taken);
        buffered_ += taken;
        from += taken;
        bytes -= taken;
        if (buffered_ < bulk_buffer_bytes) continue;
        const iovec part{buffer_.get(), buffered_};
        VEXFS_TRY(file_->write_at(offset_, {&part, 1}));
        offset_ += buffered_;
        buffered_ = 0;
    }
    return {};
}

Result<void> BulkWriter::finish() {
    iovec part{buffer_.get(), buffered_};
    if (const size_t tail = buffered_ % direct_alignment; file_->direct() && tail < buffered_) {
        part.iov_len -= tail;
        VEXFS_TRY(file_->write_at(offset_, {&part, 1}));
        offset_ += part.iov_len;
        part = {buffer_.get() + part.iov_len, tail};
    }
    VEXFS_TRY(file_->write_and_sync(offset_, {&part, 1}));
    offset_ += part.iov_len;
    buffered_ = 0;
    return {};
}

}  // namespace vexfs
