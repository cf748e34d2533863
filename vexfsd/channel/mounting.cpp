// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/channel/mounting.h"

#include <fmt/format.h>
#include <sys/mount.h>

#include <cerrno>
#include <fstream>

#include "kmod/uapi/vexfs.h"
#include "vexfsd/base/mount_table.h"

namespace vexfs::channel {

bool is_mounted(const std::string& instance, const std::string& directory) {
    const auto mounted = mounted_on(directory);
    return mounted && mounted->type == VEXFS_FS_TYPE && mounted->source == instance;
}

bool is_loaded() {
    std::ifstream table("/proc/filesystems");
    for (std::string line; std::getline(table, line);) {
        if (line.substr(line.find('\t') + 1) == VEXFS_FS_TYPE) return true;
    }
    return false;
}

Result<void> mount(const std::string& instance, const std::string& directory, bool read_only,
                   const std::string& options) {
    if (is_mounted(instance, directory)) return {};
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME |
                                (read_only ? static_cast<unsigned long>(MS_RDONLY) : 0ul);
    if (::mount(instance.c_str(), directory.c_str(), VEXFS_FS_TYPE, flags, options.c_str()) == 0) return {};
    auto failed = fail_errno(fmt::format("mount on {}", directory), errno);
    if (errno == EPERM) failed.value().hint = "root mounts by the module; the backend fuse needs no root";
    return failed;
}

Result<void> unmount(const std::string& directory) {
    if (umount2(directory.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
        return fail_errno(fmt::format("unmount {}", directory), errno);
    return {};
}

}  // namespace vexfs::channel
