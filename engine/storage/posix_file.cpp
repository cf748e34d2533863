// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/posix_file.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <vector>

namespace vexfs {
namespace {

class PosixMapping final : public Mapping {
  public:
    PosixMapping(void* address, uint64_t bytes) : address_(address), bytes_(bytes) {}
    ~PosixMapping() override { munmap(address_, bytes_); }
    const std::byte* data() const override { return static_cast<const std::byte*>(address_); }

  private:
    void* address_;
    uint64_t bytes_;
};

}  // namespace

std::span<iovec> take_off(std::span<iovec> parts, size_t done) {
    while (!parts.empty() && done >= parts.front().iov_len) {
        done -= parts.front().iov_len;
        parts = parts.subspan(1);
    }
    if (done > 0 && !parts.empty()) {
        parts.front().iov_base = static_cast<std::byte*>(parts.front().iov_base) + done;
        parts.front().iov_len -= done;
    }
    return parts;
}

bool is_aligned(uint64_t offset, std::span<const iovec> parts) {
    const auto aligned = [](uint64_t value) { return value % direct_alignment == 0; };
    return aligned(offset) && std::ranges::all_of(parts, [&](const iovec& part) {
               return aligned(part.iov_len) && aligned(reinterpret_cast<uintptr_t>(part.iov_base));
           });
}

uint64_t bytes_of(std::span<const iovec> parts) {
    uint64_t bytes = 0;
    for (const iovec& part : parts) bytes += part.iov_len;
    return bytes;
}

int PosixFile::fd_for(uint64_t offset, std::span<const iovec> parts) const {
    return direct_fd_ && is_aligned(offset, parts) ? direct_fd_.get() : fd_.get();
}

Result<void> PosixFile::write_at(uint64_t offset, std::span<const iovec> parts) {
    std::vector<iovec> copy(parts.begin(), parts.end());
    std::span<iovec> left = take_off(copy, 0);
    while (!left.empty()) {
        const auto now = left.first(std::min<size_t>(left.size(), IOV_MAX));
        const int to = fd_for(offset, now);
        const ssize_t written =
            pwritev(to, now.data(), static_cast<int>(now.size()), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EINVAL && to != fd_.get()) {
            stop_direct();
            continue;
        }
        if (written < 0) return fail_write(offset, errno);
        offset += static_cast<uint64_t>(written);
        left = take_off(left, static_cast<size_t>(written));
    }
    return {};
}

Result<void> PosixFile::read_at(uint64_t offset, std::span<std::byte> into) const {
    while (!into.empty()) {
        const ssize_t got = pread(fd_.get(), into.data(), into.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_read(offset, errno);
        if (got == 0) return fail_short(offset);
        into = into.subspan(static_cast<size_t>(got));
        offset += static_cast<uint64_t>(got);
    }
    return {};
}

Result<uint64_t> PosixFile::size() const {
    struct stat status {};
    if (fstat(fd_.get(), &status) != 0) return fail_errno(fmt::format("stat {}", path_), errno);
    return static_cast<uint64_t>(status.st_size);
}

Result<uint64_t> PosixFile::links() const {
    struct stat status {};
    if (fstat(fd_.get(), &status) != 0) return fail_errno(fmt::format("stat {}", path_), errno);
    return static_cast<uint64_t>(status.st_nlink);
}

Result<void> PosixFile::truncate(uint64_t bytes) {
    if (ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0)
        return fail_errno(fmt::format("truncate {} to {} bytes", path_, bytes), errno);
    return {};
}

Result<void> PosixFile::sync() {
    if (fdatasync(fd_.get()) != 0) return fail_sync(errno);
    return {};
}

Result<std::unique_ptr<Mapping>> PosixFile::map(uint64_t bytes) const {
    const uint64_t whole = std::max<uint64_t>(bytes, 1);
    void* address = mmap(nullptr, whole, PROT_READ, MAP_SHARED, fd_.get(), 0);
    if (address == MAP_FAILED) return fail_errno(fmt::format("mmap {} bytes of {}", bytes, path_), errno);
    return std::make_unique<PosixMapping>(address, whole);
}

tl::unexpected<Error> PosixFile::fail_write(uint64_t offset, int error_number) const {
    return fail_errno(fmt::format("write {} at {}", path_, offset), error_number);
}

tl::unexpected<Error> PosixFile::fail_read(uint64_t offset, int error_number) const {
    return fail_errno(fmt::format("read {} at {}", path_, offset), error_number);
}

tl::unexpected<Error> PosixFile::fail_short(uint64_t offset) const {
    return fail(ErrorCode::corrupt, fmt::format("{} ends at {}, more was expected", path_, offset));
}

tl::unexpected<Error> PosixFile::fail_sync(int error_number) const {
    auto failed = fail_errno(fmt::format("fdatasync {}", path_), error_number);
    failed.value().code = ErrorCode::io_error;
    return failed;
}

}  // namespace vexfs
