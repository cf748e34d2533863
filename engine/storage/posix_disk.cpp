// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "engine/base/unique_fd.h"
#include "engine/storage/disk.h"

namespace vexfs {
namespace {

tl::unexpected<Error> fail_sync(std::string_view what, int error_number) {
    auto failed = fail_errno(what, error_number);
    failed.value().code = ErrorCode::io_error;
    return failed;
}

class PosixMapping final : public Mapping {
  public:
    PosixMapping(void* address, uint64_t bytes) : address_(address), bytes_(bytes) {}
    ~PosixMapping() override { munmap(address_, bytes_); }
    const std::byte* data() const override { return static_cast<const std::byte*>(address_); }

  private:
    void* address_;
    uint64_t bytes_;
};

class PosixFile final : public File {
  public:
    PosixFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

    Result<void> write_at(uint64_t offset, std::span<const iovec> parts) override {
        std::vector<iovec> left(parts.begin(), parts.end());
        size_t first = 0;
        while (first < left.size()) {
            const int count = static_cast<int>(std::min<size_t>(left.size() - first, IOV_MAX));
            const ssize_t written = pwritev(fd_.get(), &left[first], count, static_cast<off_t>(offset));
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return fail_errno(fmt::format("write {} at {}", path_, offset), errno);
            offset += static_cast<uint64_t>(written);
            for (auto done = static_cast<size_t>(written); first < left.size(); ++first) {
                iovec& part = left[first];
                if (done < part.iov_len) {
                    part.iov_base = static_cast<std::byte*>(part.iov_base) + done;
                    part.iov_len -= done;
                    break;
                }
                done -= part.iov_len;
            }
        }
        return {};
    }

    Result<void> read_at(uint64_t offset, std::span<std::byte> into) const override {
        while (!into.empty()) {
            const ssize_t got = pread(fd_.get(), into.data(), into.size(), static_cast<off_t>(offset));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return fail_errno(fmt::format("read {} at {}", path_, offset), errno);
            if (got == 0)
                return fail(ErrorCode::corrupt,
                            fmt::format("{} ends at {}, more was expected", path_, offset));
            into = into.subspan(static_cast<size_t>(got));
            offset += static_cast<uint64_t>(got);
        }
        return {};
    }

    Result<uint64_t> size() const override {
        struct stat status {};
        if (fstat(fd_.get(), &status) != 0) return fail_errno(fmt::format("stat {}", path_), errno);
        return static_cast<uint64_t>(status.st_size);
    }

    Result<uint64_t> links() const override {
        struct stat status {};
        if (fstat(fd_.get(), &status) != 0) return fail_errno(fmt::format("stat {}", path_), errno);
        return static_cast<uint64_t>(status.st_nlink);
    }

    Result<void> truncate(uint64_t bytes) override {
        if (ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0)
            return fail_errno(fmt::format("truncate {} to {} bytes", path_, bytes), errno);
        return {};
    }

    Result<void> sync() override {
        if (fdatasync(fd_.get()) != 0) return fail_sync(fmt::format("fdatasync {}", path_), errno);
        return {};
    }

    Result<std::unique_ptr<Mapping>> map(uint64_t bytes) const override {
        const uint64_t whole = std::max<uint64_t>(bytes, 1);
        void* address = mmap(nullptr, whole, PROT_READ, MAP_SHARED, fd_.get(), 0);
        if (address == MAP_FAILED) return fail_errno(fmt::format("mmap {} bytes of {}", bytes, path_), errno);
        return std::make_unique<PosixMapping>(address, whole);
    }

  private:
    std::string path_;
    UniqueFd fd_;
};

class PosixDisk final : public Disk {
  public:
    Result<std::unique_ptr<File>> create(const std::string& path) override {
        return open_file(path, O_RDWR | O_CREAT | O_EXCL, "create");
    }
    Result<std::unique_ptr<File>> open(const std::string& path) override {
        return open_file(path, O_RDWR, "open");
    }

    Result<std::string> read(const std::string& path, size_t bytes_max) override {
        VEXFS_ASSIGN(const auto file, open_file(path, O_RDONLY, "open"));
        VEXFS_ASSIGN(const uint64_t bytes, file->size());
        if (bytes > bytes_max)
            return fail(ErrorCode::corrupt,
                        fmt::format("{} has {} bytes, {} at most were expected", path, bytes, bytes_max));
        std::string content(bytes, '\0');
        VEXFS_TRY(file->read_at(0, std::as_writable_bytes(std::span(content))));
        return content;
    }

    Result<void> rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0)
            return fail_errno(fmt::format("rename {} to {}", from, to), errno);
        return {};
    }

    Result<void> link(const std::string& from, const std::string& to) override {
        if (::link(from.c_str(), to.c_str()) == 0) return {};
        const int error_number = errno;
        auto failed = fail_errno(fmt::format("link {} to {}", from, to), error_number);
        // What link(2) says where the file system is well and the link can't be had.
        for (const int impossible : {EXDEV, EMLINK, EPERM, EOPNOTSUPP, ENOSYS})
            if (error_number == impossible) failed.value().code = ErrorCode::unsupported;
        return failed;
    }

    Result<void> remove(const std::string& path) override {
        if (unlink(path.c_str()) != 0) return fail_errno(fmt::format("remove {}", path), errno);
        return {};
    }

    Result<void> make_directory(const std::string& path) override {
        std::error_code error;
        std::filesystem::create_directories(path, error);
        if (error) return fail_errno(fmt::format("make directory {}", path), error.value());
        return {};
    }

    Result<void> remove_directory(const std::string& path) override {
        std::error_code error;
        std::filesystem::remove_all(path, error);
        if (error) return fail_errno(fmt::format("remove {}", path), error.value());
        return {};
    }

    Result<std::vector<std::string>> list(const std::string& directory) override {
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

    Result<void> sync_directory(const std::string& path) override {
        const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (directory.get() < 0) return fail_sync(fmt::format("open {}", path), errno);
        if (fsync(directory.get()) != 0) return fail_sync(fmt::format("fsync {}", path), errno);
        return {};
    }

  private:
    static Result<std::unique_ptr<File>> open_file(const std::string& path, int flags,
                                                   std::string_view verb) {
        UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0640));
        if (fd.get() < 0) return fail_errno(fmt::format("{} {}", verb, path), errno);
        return std::make_unique<PosixFile>(path, std::move(fd));
    }
};

}  // namespace

Disk& posix_disk() {
    static PosixDisk disk;
    return disk;
}

Result<void> replace_file(Disk& disk, const std::string& path, std::string_view content) {
    const std::string fresh = path + ".tmp";
    if (auto removed = disk.remove(fresh); !removed && removed.error().code != ErrorCode::not_found)
        return tl::unexpected(removed.error());
    VEXFS_ASSIGN(const auto file, disk.create(fresh));
    const iovec part{const_cast<char*>(content.data()), content.size()};
    VEXFS_TRY(file->write_at(0, {&part, 1}));
    VEXFS_TRY(file->sync());
    VEXFS_TRY(disk.rename(fresh, path));
    return disk.sync_directory(std::filesystem::path(path).parent_path().string());
}

}  // namespace vexfs
