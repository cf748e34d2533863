// SPDX-License-Identifier: Apache-2.0
#include "engine/index/checksummed_file.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace vexfs {
namespace {

constexpr size_t buffer_bytes = size_t{1} << 20;

void free_hash(XXH3_state_t* state) {
    XXH3_freeState(state);
}

std::byte* aligned_buffer() {
    void* const memory = std::aligned_alloc(direct_alignment, buffer_bytes);
    if (memory == nullptr) throw std::bad_alloc();
    return static_cast<std::byte*>(memory);
}

}  // namespace

ChecksummedWriter::ChecksummedWriter(std::unique_ptr<File> file)
    : file_(std::move(file)), buffer_(aligned_buffer(), std::free), hash_(XXH3_createState(), free_hash) {
    XXH3_64bits_reset(hash_.get());
}

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
    const auto* from = static_cast<const std::byte*>(data);
    XXH3_64bits_update(hash_.get(), from, bytes);
    while (bytes > 0) {
        const size_t taken = std::min(bytes, buffer_bytes - buffered_);
        std::memcpy(buffer_.get() + buffered_, from, taken);
        buffered_ += taken;
        from += taken;
        bytes -= taken;
        if (buffered_ == buffer_bytes) VEXFS_TRY(flush());
    }
    return {};
}

Result<void> ChecksummedWriter::finish() {
    const uint64_t checksum = XXH3_64bits_digest(hash_.get());
    VEXFS_TRY(write(checksum));
    return flush(true);
}

Result<void> ChecksummedWriter::flush(bool last) {
    iovec part{buffer_.get(), buffered_};
    if (const size_t tail = buffered_ % direct_alignment; last && file_->direct() && tail < buffered_) {
        part.iov_len -= tail;
        VEXFS_TRY(file_->write_at(offset_, {&part, 1}));
        offset_ += part.iov_len;
        part = {buffer_.get() + part.iov_len, tail};
    }
    VEXFS_TRY(last ? file_->write_and_sync(offset_, {&part, 1}) : file_->write_at(offset_, {&part, 1}));
    offset_ += part.iov_len;
    buffered_ = 0;
    return {};
}

ChecksummedReader::ChecksummedReader(std::string path, std::unique_ptr<File> file, uint64_t content_bytes)
    : path_(std::move(path)), file_(std::move(file)), content_bytes_(content_bytes) {}

Result<ChecksummedReader> ChecksummedReader::open(Disk& disk, const std::string& path) {
    VEXFS_ASSIGN(auto file, disk.open(path));
    VEXFS_ASSIGN(const uint64_t bytes, file->size());
    ChecksummedReader reader(path, std::move(file), 0);
    if (bytes < sizeof(XXH64_hash_t)) return reader.corrupt("it is shorter than its checksum");
    reader.content_bytes_ = bytes - sizeof(XXH64_hash_t);
    reader.buffer_.resize(static_cast<size_t>(std::min<uint64_t>(reader.content_bytes_, buffer_bytes)));
    VEXFS_TRY(reader.verify());
    return reader;
}

Result<void> ChecksummedReader::read_at(uint64_t offset, std::span<std::byte> into) const {
    auto done = file_->read_at(offset, into);
    if (!done && done.error().code == ErrorCode::corrupt)
        return corrupt("it became shorter while it was read");
    return done;
}

Result<void> ChecksummedReader::verify() {
    const std::unique_ptr<XXH3_state_t, void (*)(XXH3_state_t*)> hash(XXH3_createState(), free_hash);
    XXH3_64bits_reset(hash.get());
    for (uint64_t at = 0; at < content_bytes_;) {
        const auto wanted = static_cast<size_t>(std::min<uint64_t>(buffer_.size(), content_bytes_ - at));
        VEXFS_TRY(read_at(at, std::span(buffer_).first(wanted)));
        XXH3_64bits_update(hash.get(), buffer_.data(), wanted);
        at += wanted;
    }
    XXH64_hash_t stored = 0;
    VEXFS_TRY(read_at(content_bytes_, std::as_writable_bytes(std::span(&stored, 1))));
    if (stored != XXH3_64bits_digest(hash.get())) return corrupt("its checksum fails");
    return {};
}

Result<void> ChecksummedReader::read(void* into, size_t bytes) {
    if (bytes > bytes_left()) return corrupt("it ends within a node");
    auto* to = static_cast<std::byte*>(into);
    while (bytes > 0) {
        if (used_ == buffered_) VEXFS_TRY(fill());
        const size_t taken = std::min(bytes, buffered_ - used_);
        std::memcpy(to, buffer_.data() + used_, taken);
        used_ += taken;
        offset_ += taken;
        to += taken;
        bytes -= taken;
    }
    return {};
}

Result<void> ChecksummedReader::fill() {
    buffered_ = static_cast<size_t>(std::min<uint64_t>(buffer_.size(), bytes_left()));
    used_ = 0;
    return read_at(offset_, std::span(buffer_).first(buffered_));
}

tl::unexpected<Error> ChecksummedReader::corrupt(const std::string& what) const {
    return fail(ErrorCode::corrupt, fmt::format("{} is damaged at byte {}: {}", path_, offset_, what),
                "remove it, and the index is built anew from the vectors");
}

}  // namespace vexfs
