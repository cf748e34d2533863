// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tuner/mounting.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <filesystem>

#include "fuse/mounting.h"
#include "kmod/uapi/vexfs.h"
#include "vexfsd/base/mount_table.h"
#include "vexfsd/tuner/host_command.h"
#include "vexfsd/tuner/module.h"

namespace vexfs::tuner {
namespace {

constexpr const char* device_path = "/dev/" VEXFS_DEVICE;

// mount.vexfs is installed beside this program.
std::string mount_program() {
    std::error_code error;
    const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", error);
    return (own.parent_path() / "mount.vexfs").string();
}

}  // namespace

Result<void> mount_for_daemon(const Settings& settings, const std::string& backend,
                              const std::string& directory) {
    if (directory.empty() || directory != settings.mount.directory) {
        return fail(ErrorCode::permission_denied,
                    fmt::format("vexfs-tuner mounts on mount.directory alone, and not on '{}'", directory),
                    "set mount.directory in /etc/vexfs/vexfsd.toml, or mount as root");
    }
    if (backend != "module" && backend != "fuse")
        return fail(ErrorCode::invalid_argument, fmt::format("there is no backend '{}'", backend),
                    "module or fuse");
    return run_on_host("vexfs-mount.service",
                       {{"/bin/mkdir", "-p", "--", directory},
                        {mount_program(), settings.mount.instance, directory, "-o",
                         fmt::format("backend={},socket={}", backend, settings.server.socket)}});
}

Result<void> unmount_for_daemon(const std::string& directory) {
    const auto mounted = mounted_on(directory);
    if (!mounted) return fail(ErrorCode::not_found, fmt::format("nothing is mounted on {}", directory));
    if (mounted->type != fuse::fs_type && mounted->type != VEXFS_FS_TYPE) {
        return fail(ErrorCode::permission_denied,
                    fmt::format("{} is a mount of the type {}, not one of VexFS", directory, mounted->type));
    }
    return run_on_host("vexfs-unmount.service", {{"/bin/umount", "--lazy", "--no-canonicalize", directory}});
}

Result<UniqueFd> open_device(const Settings& settings) {
    VEXFS_TRY(Module().load(settings.module));
    UniqueFd device(::open(device_path, O_RDWR | O_CLOEXEC));
    if (!device) return fail_errno(fmt::format("open {}", device_path), errno);
    return device;
}

}  // namespace vexfs::tuner
