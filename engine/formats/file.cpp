// SPDX-License-Identifier: Apache-2.0
#include "engine/formats/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace vexfs::formats {
namespace {

std::string_view kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

tl::unexpected<Error> not_a_regular_file(const std::string& path, mode_t mode) {
    return fail(ErrorCode::unsupported, fmt::format("{} is {}, not a regular file", path, kind_of(mode)),
                "write the data to a regular file first");
}

}  // namespace

Result<InputFile> InputFile::open(const std::string& path) {
    // O_NONBLOCK: opening a pipe that nobody writes to must not wait.
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd) return fail_errno("open " + path, errno);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return fail_errno("stat " + path, errno);
    if (!S_ISREG(status.st_mode)) return not_a_regular_file(path, status.st_mode);
    ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    return InputFile(path, std::move(fd), static_cast<uint64_t>(status.st_size));
}

Result<size_t> InputFile::read_some(uint64_t offset, std::span<std::byte> bytes) const {
    while (true) {
        const ssize_t count = ::pread(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count >= 0) return static_cast<size_t>(count);
        if (errno != EINTR) return fail_errno(fmt::format("read {} at byte {}", path_, offset), errno);
    }
}

Result<void> InputFile::read_exactly(uint64_t offset, std::span<std::byte> bytes) const {
    while (!bytes.empty()) {
        VEXFS_ASSIGN(const size_t count, read_some(offset, bytes));
        if (count == 0) {
            return fail(ErrorCode::malformed,
                        fmt::format("{} ends at byte {}, {} more were expected", path_, offset, bytes.size()),
                        "the file is truncated, or was cut while it was read");
        }
        offset += count;
        bytes = bytes.subspan(count);
    }
    return {};
}

Result<OutputFile> OutputFile::create(const std::string& path) {
    struct stat target {};
    if (::stat(path.c_str(), &target) == 0 && !S_ISREG(target.st_mode)) {
        return not_a_regular_file(path, target.st_mode);
    }
    const std::string part = path + ".part";
    UniqueFd fd(
        ::open(part.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0666));
    if (!fd) return fail_errno("create " + part, errno);
    struct stat opened {};
    if (::fstat(fd.get(), &opened) != 0) return fail_errno("stat " + part, errno);
    if (!S_ISREG(opened.st_mode)) return not_a_regular_file(part, opened.st_mode);
    // Truncated only under the lock, and only while the name is still this file's: another writer may have
    // finished in between, and what was opened may be its result.
    struct stat named {};
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || ::stat(part.c_str(), &named) != 0 ||
        named.st_ino != opened.st_ino || named.st_dev != opened.st_dev) {
        return fail(ErrorCode::busy, fmt::format("{} is being written by another process", part),
                    "wait until it has finished, or write to another name");
    }
    if (::ftruncate(fd.get(), 0) != 0) return fail_errno("truncate " + part, errno);
    return OutputFile(path, std::move(fd));
}

OutputFile::~OutputFile() {
    if (fd_) ::unlink(part().c_str());
}

Result<void> OutputFile::append(std::span<const std::byte> bytes) {
    if (buffer_.size() + bytes.size() > buffer_bytes) VEXFS_TRY(flush());
    if (bytes.size() >= buffer_bytes) {
        VEXFS_TRY(write_all(bytes, flushed_));
        flushed_ += bytes.size();
        return {};
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return {};
}

Result<void> OutputFile::patch(uint64_t offset, std::span<const std::byte> bytes) {
    VEXFS_TRY(flush());
    return write_all(bytes, offset);
}

Result<void> OutputFile::commit() {
    VEXFS_TRY(flush());
    if (::fsync(fd_.get()) != 0) return fail_errno("fsync " + part(), errno);
    if (::rename(part().c_str(), path_.c_str()) != 0) {
        return fail_errno(fmt::format("rename {} to {}", part(), path_), errno);
    }
    const UniqueFd done = std::move(fd_);
    const std::filesystem::path parent = std::filesystem::path(path_).parent_path();
    const std::string directory = parent.empty() ? "." : parent.string();
    const UniqueFd entry(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!entry) return {};  // a directory that may be written but not read: its entry can't be synced
    if (::fsync(entry.get()) != 0 && errno != EINVAL) return fail_errno("fsync " + directory, errno);
    return {};
}

Result<void> OutputFile::flush() {
    VEXFS_TRY(write_all(buffer_, flushed_));
    flushed_ += buffer_.size();
    buffer_.clear();
    return {};
}

Result<void> OutputFile::write_all(std::span<const std::byte> bytes, uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t count = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0) {
            if (errno == EINTR) continue;
            return fail_errno("write " + part(), errno);
        }
        offset += static_cast<size_t>(count);
        bytes = bytes.subspan(static_cast<size_t>(count));
    }
    return {};
}

}  // namespace vexfs::formats
