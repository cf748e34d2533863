// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/import_spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>

namespace vexfs {
namespace {

tl::unexpected<Failure> system_failure(const std::string& what) {
    const int number = errno;
    return refuse(number, fmt::format("{}: {}", what, std::strerror(number)));
}

bool fits(uint64_t offset, uint64_t bytes) {
    return offset <= INT64_MAX && bytes <= INT64_MAX - offset;
}

}  // namespace

ImportSpool::ImportSpool(std::string path, std::string name, uint32_t mode, uint32_t uid, uint32_t gid,
                         uint64_t serial)
    : path_(std::move(path)), name_(std::move(name)), mode_(mode), uid_(uid), gid_(gid), serial_(serial) {
    clock_gettime(CLOCK_REALTIME, &changed_);
}

ImportSpool::~ImportSpool() {
    if (opened_ != 0) ::unlink(path_.c_str());
}

Outcome<void> ImportSpool::open(bool to_write) {
    const std::lock_guard lock(opened_mutex_);
    if (opened_ == 0) {
        if (!to_write) return refuse(ENOENT, fmt::format("{} was taken in already", name_));
        fd_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (!fd_) return system_failure("make " + path_);
        dirty_ = false;
        taken_ = false;
    }
    ++opened_;
    return {};
}

void ImportSpool::close() {
    const std::lock_guard lock(opened_mutex_);
    if (--opened_ != 0) return;
    closed_ = std::chrono::steady_clock::now();
    ::unlink(path_.c_str());
    fd_.reset();
}

std::optional<std::chrono::steady_clock::time_point> ImportSpool::closed() const {
    const std::lock_guard lock(opened_mutex_);
    return opened_ == 0 ? std::optional(closed_) : std::nullopt;
}

uint64_t ImportSpool::size() const {
    const std::lock_guard lock(opened_mutex_);
    struct stat status {};
    return fd_ && fstat(fd_.get(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

Outcome<size_t> ImportSpool::read(uint64_t offset, std::span<std::byte> bytes) const {
    if (!fits(offset, bytes.size())) return 0;
    const ssize_t got = pread(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (got < 0) return system_failure("read " + path_);
    return static_cast<size_t>(got);
}

Outcome<size_t> ImportSpool::write(uint64_t offset, std::span<const std::byte> bytes) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return refuse(EBUSY, fmt::format("{} is taken in at the moment", name_));
    if (taken_) return refuse(EPERM, fmt::format("{} was taken in already", name_), "copy it anew");
    if (!fits(offset, bytes.size())) return refuse(EFBIG, "no file is that long");
    const ssize_t put = pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0) return system_failure("write " + path_);
    dirty_ = true;
    return static_cast<size_t>(put);
}

Outcome<void> ImportSpool::truncate(uint64_t bytes) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return refuse(EBUSY, fmt::format("{} is taken in at the moment", name_));
    if (taken_) return refuse(EPERM, fmt::format("{} was taken in already", name_), "copy it anew");
    if (!fits(bytes, 0)) return refuse(EFBIG, "no file is that long");
    if (ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) return system_failure("truncate " + path_);
    return {};
}

Outcome<void> ImportSpool::take_in(const std::function<Outcome<void>(const std::string&)>& take) {
    const std::lock_guard lock(mutex_);
    if (!dirty_ || taken_) return {};
    dirty_ = false;
    VEXFS_TREE_TRY(take(path_));
    taken_ = true;
    return {};
}

}  // namespace vexfs
