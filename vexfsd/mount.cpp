// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/mount.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "fuse/mounting.h"

namespace vexfs {
namespace {

constexpr const char* no_module = "the kernel module vexfs_v2 is not there";

// As mountinfo has it: absolute and without links.
Result<std::string> real_path(const std::string& directory) {
    std::error_code error;
    // The last part may be a dead mount, which can't be looked at.
    const std::filesystem::path path = std::filesystem::path(directory).lexically_normal();
    const std::filesystem::path parent = std::filesystem::canonical(path.parent_path(), error);
    if (error) return fail_errno(fmt::format("mount on {}", directory), error.value());
    if (path.has_filename()) {
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

Mount::Mount(Tree& tree, std::string directory, std::string backend, unsigned running_max)
    : tree_(tree),
      directory_(std::move(directory)),
      backend_(std::move(backend)),
      running_max_(running_max),
      note_(directory_.empty() ? "no directory is configured" : "not mounted yet") {}

Mount::~Mount() {
    if (auto unmounted = unmount(); !unmounted && unmounted.error().code != ErrorCode::not_found)
        spdlog::error("{}", unmounted.error().message);
}

MountStatus Mount::status() {
    const std::lock_guard lock(mutex_);
    MountStatus status;
    status.mounted = session_ && session_->connected();
    status.directory = mounted_on_.empty() ? directory_ : mounted_on_;
    status.backend = status.mounted ? "fuse" : "";
    status.note = session_ && !status.mounted ? "somebody has unmounted it" : note_;
    return status;
}

Result<void> Mount::mount(const std::string& asked_directory, const std::string& asked_backend) {
    const std::string& directory = asked_directory.empty() ? directory_ : asked_directory;
    const std::string& backend = asked_backend.empty() ? backend_ : asked_backend;
    const std::lock_guard lock(mutex_);
    if (session_ && session_->connected())
        return fail(ErrorCode::already_exists, fmt::format("it is mounted on {} already", mounted_on_));
    if (session_) leaving_.push_back(std::move(session_));
    if (directory.empty()) {
        return fail(ErrorCode::invalid_argument, "there is no directory to mount on",
                    "name one, or configure mount.directory");
    }
    auto mounted = [&]() -> Result<void> {
        if (directory.front() != '/')
            return fail(ErrorCode::invalid_argument, fmt::format("{} is not an absolute path", directory));
        if (backend == "auto" || backend == "fuse") return mount_fuse(directory);
        if (backend == "module") {
            return fail(ErrorCode::unsupported, fmt::format("mount on {}: {}", directory, no_module),
                        "the backend fuse needs none");
        }
        if (backend == "none") return fail(ErrorCode::unsupported, "the backend none mounts nothing");
        return fail(ErrorCode::invalid_argument, fmt::format("there is no backend {}", backend),
                    "auto, module, fuse or none");
    }();
    note_ = !mounted            ? mounted.error().message
            : backend == "auto" ? fmt::format("FUSE, because {}", no_module)
                                : "FUSE, as was asked for";
    if (mounted) spdlog::info("mounted on {} by {}", mounted_on_, note_);
    return mounted;
}

Result<void> Mount::mount_fuse(const std::string& directory) {
    VEXFS_ASSIGN(const std::string place, real_path(directory));
    VEXFS_TRY(take_away(place));
    VEXFS_ASSIGN(UniqueFd descriptor, fuse::mount(place));
    auto session = fuse::Session::start(tree_, std::move(descriptor), running_max_);
    if (!session) {
        (void)fuse::unmount(place);
        return tl::unexpected(session.error());
    }
    session_ = std::move(*session);
    mounted_on_ = place;
    return {};
}

// What a dead daemon left there, however often it was mounted.
Result<void> Mount::take_away(const std::string& directory) {
    while (true) {
        VEXFS_ASSIGN(const fuse::MountPoint found, fuse::look_at(directory));
        switch (found) {
            case fuse::MountPoint::free: return {};
            case fuse::MountPoint::alive:
                return fail(ErrorCode::busy, fmt::format("another daemon has mounted on {}", directory));
            case fuse::MountPoint::dead: break;
        }
        spdlog::warn("{} is mounted, and its daemon is gone: it is unmounted", directory);
        VEXFS_TRY(fuse::unmount(directory));
    }
}

Result<void> Mount::unmount() {
    const std::lock_guard lock(mutex_);
    if (!session_) return fail(ErrorCode::not_found, "nothing is mounted");
    // Where somebody else has unmounted it, what is mounted there now is not ours.
    if (session_->connected()) VEXFS_TRY(fuse::unmount(mounted_on_));
    leaving_.push_back(std::move(session_));
    note_ = "unmounted";
    return {};
}

bool Mount::wait_idle(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const std::lock_guard lock(mutex_);
    return std::ranges::all_of(leaving_, [&](const auto& session) {
        const auto left = deadline - std::chrono::steady_clock::now();
        return session->wait_idle(std::chrono::duration_cast<std::chrono::milliseconds>(left));
    });
}

}  // namespace vexfs
