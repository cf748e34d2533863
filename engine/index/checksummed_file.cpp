// SPDX-License-Identifier: Apache-2.0
#include "engine/index/checksummed_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace vexfs {
namespace {

constexpr size_t buffer_bytes = size_t{1} << 20;

void free_hash(XXH3_state_t* state) {
    XXH3_freeState(state);
}

// As many bytes as there are, up to `bytes`.
Result<size_t> read_at(int fd, const std::string& path, uint64_t offset, std::byte* into, size_t bytes) {
    size_t done = 0;
    while (done < bytes) {
        const ssize_t count = pread(fd, into + done, bytes - done, static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("read " + path, errno);
        if (count == 0) break;
        done += static_cast<size_t>(count);
    }
    return done;
}

}  // namespace

ChecksummedWriter::ChecksummedWriter(std::string path, int fd)
    : path_(std::move(path)), fd_(fd), hash_(XXH3_createState(), free_hash) {
    buffer_.reserve(buffer_bytes);
    XXH3_64bits_reset(hash_.get());
}

ChecksummedWriter::ChecksummedWriter(ChecksummedWriter&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)),
      hash_(std::move(other.hash_)) {}

ChecksummedWriter::~ChecksummedWriter() {
    if (fd_ >= 0) close(fd_);
}

Result<ChecksummedWriter> ChecksummedWriter::create(const std::string& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0) return fail_errno("create " + path, errno);
    return ChecksummedWriter(path, fd);
}

Result<void> ChecksummedWriter::write(const void* data, size_t bytes) {
    const auto* from = static_cast<const std::byte*>(data);
    XXH3_64bits_update(hash_.get(), from, bytes);
    while (bytes > 0) {
        const size_t taken = std::min(bytes, buffer_bytes - buffer_.size());
        buffer_.insert(buffer_.end(), from, from + taken);
        from += taken;
        bytes -= taken;
        if (buffer_.size() == buffer_bytes) VEXFS_TRY(flush());
    }
    return {};
}

Result<void> ChecksummedWriter::finish() {
    const uint64_t checksum = XXH3_64bits_digest(hash_.get());
    VEXFS_TRY(write(checksum));
    VEXFS_TRY(flush());
    if (fsync(fd_) != 0) return fail_errno("sync " + path_, errno);
    if (close(std::exchange(fd_, -1)) != 0) return fail_errno("close " + path_, errno);
    return {};
}

Result<void> ChecksummedWriter::flush() {
    for (size_t done = 0; done < buffer_.size();) {
        const ssize_t count = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("write " + path_, errno);
        done += static_cast<size_t>(count);
    }
    buffer_.clear();
    return {};
}

ChecksummedReader::ChecksummedReader(std::string path, int fd, uint64_t content_bytes)
    : path_(std::move(path)), fd_(fd), content_bytes_(content_bytes) {}

ChecksummedReader::ChecksummedReader(ChecksummedReader&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      content_bytes_(other.content_bytes_),
      offset_(other.offset_),
      buffer_(std::move(other.buffer_)),
      buffered_(other.buffered_),
      used_(other.used_) {}

ChecksummedReader::~ChecksummedReader() {
    if (fd_ >= 0) close(fd_);
}

Result<ChecksummedReader> ChecksummedReader::open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno("open " + path, errno);
    ChecksummedReader reader(path, fd, 0);
    struct stat status {};
    if (fstat(fd, &status) != 0) return fail_errno("stat " + path, errno);
    const auto bytes = static_cast<uint64_t>(status.st_size);
    if (bytes < sizeof(XXH64_hash_t)) return reader.corrupt("it is shorter than its checksum");
    reader.content_bytes_ = bytes - sizeof(XXH64_hash_t);
    reader.buffer_.resize(static_cast<size_t>(std::min<uint64_t>(reader.content_bytes_, buffer_bytes)));
    VEXFS_TRY(reader.verify());
    return reader;
}

Result<void> ChecksummedReader::verify() {
    const std::unique_ptr<XXH3_state_t, void (*)(XXH3_state_t*)> hash(XXH3_createState(), free_hash);
    XXH3_64bits_reset(hash.get());
    for (uint64_t at = 0; at < content_bytes_;) {
        const auto wanted = static_cast<size_t>(std::min<uint64_t>(buffer_.size(), content_bytes_ - at));
        VEXFS_ASSIGN(const size_t count, read_at(fd_, path_, at, buffer_.data(), wanted));
        if (count < wanted) return corrupt("it became shorter while it was read");
        XXH3_64bits_update(hash.get(), buffer_.data(), count);
        at += count;
    }
    XXH64_hash_t stored = 0;
    VEXFS_ASSIGN(const size_t count,
                 read_at(fd_, path_, content_bytes_, reinterpret_cast<std::byte*>(&stored), sizeof stored));
    if (count < sizeof stored || stored != XXH3_64bits_digest(hash.get()))
        return corrupt("its checksum fails");
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
    const auto wanted = static_cast<size_t>(std::min<uint64_t>(buffer_.size(), bytes_left()));
    VEXFS_ASSIGN(buffered_, read_at(fd_, path_, offset_, buffer_.data(), wanted));
    used_ = 0;
    if (buffered_ < wanted) return corrupt("it became shorter while it was read");
    return {};
}

tl::unexpected<Error> ChecksummedReader::corrupt(const std::string& what) const {
    return fail(ErrorCode::corrupt, fmt::format("{} is damaged at byte {}: {}", path_, offset_, what),
                "remove it, and the index is built anew from the vectors");
}

}  // namespace vexfs
