// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/mount.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "engine/base/waiting.h"
#include "vexfsd/base/mount_table.h"
#include "vexfsd/log.h"

namespace vexfs {
namespace {

// As mountinfo has it: absolute and without links.
Result<std::string> real_path(const std::string& directory) {
    std::error_code error;
    // The last part may be a dead mount, which can't be looked at.
    const std::filesystem::path path = std::filesystem::path(directory).lexically_normal();
    const std::filesystem::path parent = std::filesystem::canonical(path.parent_path(), error);
    if (error) return fail_errno(fmt::format("mount on {}", directory), error.value());
    if (path.has_filename()) {
        // A mount is no link; nor is it looked at, for who serves it may not be there before us.
        if (const std::string place = (parent / path.filename()).string(); mounted_on(place)) return place;
        if (std::filesystem::is_symlink(std::filesystem::symlink_status(path, error)) && !error) {
            const std::filesystem::path target = std::filesystem::canonical(path, error);
            if (error) return fail_errno(fmt::format("mount on {}", directory), error.value());
            return target.string();
        }
        return (parent / path.filename()).string();
    }
    return parent.string();
}

}  // namespace

Mount::Mount(Tree& tree, Settings::Mount configured, unsigned running_max, uint64_t request_bytes_max,
             const DescriptorStore& kept)
    : tree_(tree),
      configured_(std::move(configured)),
      running_max_(running_max),
      request_bytes_max_(request_bytes_max),
      kept_(kept),
      note_(configured_.directory.empty() ? "no directory is configured" : "not mounted yet") {}

Mount::~Mount() {
    if (auto left = leave(); !left) spdlog::error("{}", left.error().message);
}

MountStatus Mount::status() {
    const std::lock_guard lock(mutex_);
    MountStatus status;
    status.mounted = backend_ && backend_->mounted();
    status.directory = mounted_on_.empty() ? configured_.directory : mounted_on_;
    status.backend = status.mounted ? backend_->name() : "";
    status.fallback = status.mounted && fallback_;
    if (backend_) status.load = backend_->load();
    status.note = backend_ && !status.mounted ? "somebody has unmounted it" : note_;
    return status;
}

Result<void> Mount::mount(const std::string& asked_directory, const std::string& asked_backend) {
    const std::string& directory = asked_directory.empty() ? configured_.directory : asked_directory;
    const std::string& backend = asked_backend.empty() ? configured_.backend : asked_backend;
    Lock lock(mutex_);
    VEXFS_TRY(make_room());
    if (directory.empty()) {
        return fail(ErrorCode::invalid_argument, "there is no directory to mount on",
                    "name one, or configure mount.directory");
    }
    auto mounted = mount_by(backend, directory, lock);
    if (!mounted) {
        note_ = mounted.error().message;
    } else {
        tell("is made");
    }
    return mounted;
}

// For one mount; under mutex_.
Result<void> Mount::make_room() {
    if (backend_ && backend_->mounted())
        return fail(ErrorCode::already_exists, fmt::format("it is mounted on {} already", mounted_on_));
    if (backend_) leaving_.push_back(std::move(backend_));
    return {};
}

Result<void> Mount::serve(const std::string& directory, UniqueFd connection) {
    const std::lock_guard lock(mutex_);
    VEXFS_TRY(make_room());
    VEXFS_ASSIGN(backend_, serve_fuse(tree_, directory, std::move(connection), running_max_, kept_));
    mounted_on_ = directory;
    note_ = "FUSE, as the caller has mounted it";
    fallback_ = false;
    if (!asked_for_) tell("is made");
    return {};
}

void Mount::tell(const char* how) const {
    log_event(fallback_ ? events::mount_fallback : events::mounted,
              fmt::format("the mount on {} {}, by {}", mounted_on_, how, note_),
              {{"VEXFS_DIRECTORY", mounted_on_},
               {"VEXFS_BACKEND", backend_->name()},
               {"VEXFS_REASON", note_}});
}

Result<void> Mount::mount_by(const std::string& backend, const std::string& directory, Lock& lock) {
    if (directory.front() != '/')
        return fail(ErrorCode::invalid_argument, fmt::format("{} is not an absolute path", directory));
    if (backend == "none") return fail(ErrorCode::unsupported, "the backend none mounts nothing");
    if (backend != "auto" && backend != "fuse" && backend != "module") {
        return fail(ErrorCode::invalid_argument, fmt::format("there is no backend {}", backend),
                    "auto, module, fuse or none");
    }
    VEXFS_ASSIGN(const std::string place, real_path(directory));
    fallback_ = false;
    if (backend == "auto") {
        VEXFS_TRY(mount_automatically(place, lock));
    } else if (backend == "fuse") {
        VEXFS_TRY(mount_fuse(place, lock));
        note_ = "FUSE, as was asked for";
    } else {
        auto mounted = mount_by_module(tree_, place, configured_.instance, request_bytes_max_);
        if (!mounted) {
            mounted.error().message = fmt::format("mount on {}: {}", place, mounted.error().message);
            return tl::unexpected(std::move(mounted.error()));
        }
        backend_ = std::move(*mounted);
        note_ = "the kernel module, as was asked for";
    }
    mounted_on_ = place;
    return {};
}

Result<void> Mount::mount_automatically(const std::string& place, Lock& lock) {
    auto mounted = mount_by_module(tree_, place, configured_.instance, request_bytes_max_);
    if (mounted) {
        backend_ = std::move(*mounted);
        note_ = "the kernel module, which is there";
        return {};
    }
    VEXFS_TRY(mount_fuse(place, lock));
    note_ = fmt::format("FUSE, because {}", mounted.error().message);
    fallback_ = true;
    backend_->explain(note_);
    return {};
}

Result<void> Mount::mount_fuse(const std::string& place, Lock& lock) {
    asked_for_ = true;
    lock.unlock();
    Result<bool> served = [&] {
        const Waiting waiting;  // for a request of another thread's
        return handed_over_by_tuner(place);
    }();
    lock.lock();
    asked_for_ = false;
    VEXFS_TRY(served);
    if (*served) return {};
    VEXFS_TRY(make_room());
    VEXFS_ASSIGN(backend_, mount_by_fuse(tree_, place, running_max_, kept_));
    return {};
}

Result<void> Mount::resume(UniqueFd descriptor, UniqueFd ledger) {
    const std::lock_guard lock(mutex_);
    VEXFS_ASSIGN(Resumed resumed,
                 resume_fuse(tree_, std::move(descriptor), std::move(ledger), running_max_, kept_));
    backend_ = std::move(resumed.backend);
    mounted_on_ = std::move(resumed.directory);
    fallback_ = !resumed.why.empty();
    note_ = fallback_ ? std::move(resumed.why) : "FUSE, as the daemon before this one has mounted it";
    tell("goes on");
    return {};
}

Result<void> Mount::unmount() {
    const std::lock_guard lock(mutex_);
    if (!backend_) return fail(ErrorCode::not_found, "nothing is mounted");
    // Where somebody else has unmounted it, what is mounted there now is not ours.
    if (backend_->mounted()) VEXFS_TRY(backend_->unmount());
    leaving_.push_back(std::move(backend_));
    note_ = "unmounted";
    return {};
}

Result<void> Mount::leave() {
    const std::lock_guard lock(mutex_);
    if (!backend_) return {};
    auto left = backend_->leave();
    leaving_.push_back(std::move(backend_));
    return left;
}

bool Mount::wait_idle(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const std::lock_guard lock(mutex_);
    return std::ranges::all_of(leaving_, [&](const auto& backend) {
        const auto left = deadline - std::chrono::steady_clock::now();
        return backend->wait_idle(std::chrono::duration_cast<std::chrono::milliseconds>(left));
    });
}

}  // namespace vexfs
