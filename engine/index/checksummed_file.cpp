// SPDX-License-Identifier: Apache-2.0
#include "engine/index/checksummed_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace vexfs {
namespace {

constexpr size_t buffer_bytes = size_t{256} << 10;  // hashed while it is in the cache

}  // namespace

ChecksummedWriter::ChecksummedWriter(std::unique_ptr<File> file) : file_(std::move(file)) {}

Result<ChecksummedWriter> ChecksummedWriter::create(Disk& disk, const std::string& path, bool bulk) {
    const auto make = [&] { return bulk ? disk.create_bulk(path) : disk.create(path); };
    auto file = make();
    if (!file && file.error().code == ErrorCode::already_exists) {
        VEXFS_TRY(disk.remove(path));
        file = make();
    }
    if (!file) return tl::unexpected(file.error());
    return ChecksummedWriter(std::move(*file));
}

Result<void> ChecksummedWriter::write(const void* data, size_t bytes) {
    hash_.add(data, bytes);
    return file_.write(data, bytes);
}

Result<void> ChecksummedWriter::finish() {
    VEXFS_TRY(write(hash_.digest()));
    return file_.finish();
}

ChecksummedReader::ChecksummedReader(std::string path, std::unique_ptr<File> file, uint64_t content_bytes)
    : path_(std::move(path)),
      file_(std::move(file)),
      content_bytes_(content_bytes),
      buffer_(static_cast<size_t>(std::min<uint64_t>(content_bytes, buffer_bytes))) {}

Result<ChecksummedReader> ChecksummedReader::open(Disk& disk, const std::string& path) {
    VEXFS_ASSIGN(auto file, disk.open(path));
    VEXFS_ASSIGN(const uint64_t bytes, file->size());
    if (bytes < sizeof(uint64_t))
        return ChecksummedReader(path, std::move(file), 0).corrupt("it is shorter than its checksum");
    return ChecksummedReader(path, std::move(file), bytes - sizeof(uint64_t));
}

Result<void> ChecksummedReader::read_at(uint64_t offset, std::span<std::byte> into) const {
    auto done = file_->read_at(offset, into);
    if (!done && done.error().code == ErrorCode::corrupt)
        return corrupt("it became shorter while it was read");
    return done;
}

Result<void> ChecksummedReader::take(std::span<std::byte> into) {
    VEXFS_TRY(read_at(hashed_, into));
    hash_.add(into);
    hashed_ += into.size();
    return {};
}

Result<void> ChecksummedReader::fill() {
    buffered_ = static_cast<size_t>(std::min<uint64_t>(buffer_.size(), content_bytes_ - hashed_));
    used_ = 0;
    return take(std::span(buffer_).first(buffered_));
}

Result<void> ChecksummedReader::read(void* into, size_t bytes) {
    if (bytes > bytes_left()) return corrupt("it ends within a node");
    auto* to = static_cast<std::byte*>(into);
    while (bytes > 0) {
        size_t taken = buffer_.size();
        if (used_ == buffered_ && bytes >= taken) {
            VEXFS_TRY(take({to, taken}));
        } else {
            if (used_ == buffered_) VEXFS_TRY(fill());
            taken = std::min(bytes, buffered_ - used_);
            std::memcpy(to, buffer_.data() + used_, taken);
            used_ += taken;
        }
        offset_ += taken;
        to += taken;
        bytes -= taken;
    }
    return {};
}

Result<void> ChecksummedReader::verify() {
    while (hashed_ < content_bytes_) VEXFS_TRY(fill());
    uint64_t stored = 0;
    VEXFS_TRY(read_at(content_bytes_, std::as_writable_bytes(std::span(&stored, 1))));
    if (stored != hash_.digest()) return corrupt("its checksum fails");
    return {};
}

tl::unexpected<Error> ChecksummedReader::corrupt(const std::string& what) const {
    return fail(ErrorCode::corrupt, fmt::format("{} is damaged at byte {}: {}", path_, offset_, what),
                "remove it, and the index is built anew from the vectors");
}

}  // namespace vexfs
