// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/posix_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace vexfs {
namespace {

tl::unexpected<Error> fail_sync(std::string_view what, int error_number) {
    auto failed = fail_errno(what, error_number);
    failed.value().code = ErrorCode::io_error;
    return failed;
}

Result<UniqueFd> open_fd(const std::string& path, int flags, std::string_view verb) {
    UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0640));
    if (!fd) return fail_errno(fmt::format("{} {}", verb, path), errno);
    return fd;
}

}  // namespace

std::unique_ptr<File> PosixDisk::file(const std::string& path, UniqueFd fd, UniqueFd direct_fd) {
    return std::make_unique<PosixFile>(path, std::move(fd), std::move(direct_fd));
}

Result<std::unique_ptr<File>> PosixDisk::create(const std::string& path) {
    VEXFS_ASSIGN(UniqueFd fd, open_fd(path, O_RDWR | O_CREAT | O_EXCL, "create"));
    return file(path, std::move(fd), {});
}

Result<std::unique_ptr<File>> PosixDisk::create_bulk(const std::string& path) {
    VEXFS_ASSIGN(UniqueFd fd, open_fd(path, O_RDWR | O_CREAT | O_EXCL, "create"));
    // EINVAL where the file system has no direct I/O; then it goes without.
    auto direct = open_fd(path, O_WRONLY | O_DIRECT, "open");
    return file(path, std::move(fd), direct ? std::move(*direct) : UniqueFd());
}

Result<std::unique_ptr<File>> PosixDisk::open(const std::string& path) {
    VEXFS_ASSIGN(UniqueFd fd, open_fd(path, O_RDWR, "open"));
    return file(path, std::move(fd), {});
}

Result<std::string> PosixDisk::read(const std::string& path, size_t bytes_max) {
    VEXFS_ASSIGN(UniqueFd fd, open_fd(path, O_RDONLY, "open"));
    const auto opened = file(path, std::move(fd), {});
    VEXFS_ASSIGN(const uint64_t bytes, opened->size());
    if (bytes > bytes_max)
        return fail(ErrorCode::corrupt,
                    fmt::format("{} has {} bytes, {} at most were expected", path, bytes, bytes_max));
    std::string content(bytes, '\0');
    VEXFS_TRY(opened->read_at(0, std::as_writable_bytes(std::span(content))));
    return content;
}

Result<void> PosixDisk::rename(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0)
        return fail_errno(fmt::format("rename {} to {}", from, to), errno);
    return {};
}

Result<void> PosixDisk::link(const std::string& from, const std::string& to) {
    if (::link(from.c_str(), to.c_str()) == 0) return {};
    const int error_number = errno;
    auto failed = fail_errno(fmt::format("link {} to {}", from, to), error_number);
    // What link(2) says where the file system is well and the link can't be had.
    for (const int impossible : {EXDEV, EMLINK, EPERM, EOPNOTSUPP, ENOSYS})
        if (error_number == impossible) failed.value().code = ErrorCode::unsupported;
    return failed;
}

Result<void> PosixDisk::remove(const std::string& path) {
    if (unlink(path.c_str()) != 0) return fail_errno(fmt::format("remove {}", path), errno);
    return {};
}

Result<void> PosixDisk::make_directory(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return fail_errno(fmt::format("make directory {}", path), error.value());
    return {};
}

Result<void> PosixDisk::remove_directory(const std::string& path) {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) return fail_errno(fmt::format("remove {}", path), error.value());
    return {};
}

Result<std::vector<std::string>> PosixDisk::list(const std::string& directory) {
    DIR* stream = opendir(directory.c_str());
    if (stream == nullptr) return fail_errno(fmt::format("list {}", directory), errno);
    std::vector<std::string> names;
    while (const dirent* entry = readdir(stream)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    closedir(stream);
    std::ranges::sort(names);
    return names;
}

Result<void> PosixDisk::sync_directory(const std::string& path) {
    const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0) return fail_sync(fmt::format("open {}", path), errno);
    if (fsync(directory.get()) != 0) return fail_sync(fmt::format("fsync {}", path), errno);
    return {};
}

Disk& posix_disk() {
    static PosixDisk disk;
    return disk;
}

Result<void> replace_file(Disk& disk, const std::string& path, std::string_view content) {
    const std::string fresh = path + ".tmp";
    if (auto removed = disk.remove(fresh); !removed && removed.error().code != ErrorCode::not_found)
        return tl::unexpected(removed.error());
    const auto replaced = [&]() -> Result<void> {
        VEXFS_ASSIGN(const auto file, disk.create(fresh));
        const iovec part{const_cast<char*>(content.data()), content.size()};
        VEXFS_TRY(file->write_and_sync(0, {&part, 1}));
        return disk.rename(fresh, path);
    }();
    if (!replaced) {
        static_cast<void>(disk.remove(fresh));
        return replaced;
    }
    return disk.sync_directory(std::filesystem::path(path).parent_path().string());
}

}  // namespace vexfs
