// SPDX-License-Identifier: Apache-2.0
// Mounting and unmounting of FUSE file systems, without serving them.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/base/unique_fd.h"

namespace vexfs::fuse {

// The kernel's name for file systems of ours, in /proc/self/mountinfo.
inline constexpr const char* fs_type = "fuse.vexfs";

// Mounts on a directory and returns the descriptor by which it is served: as root by mount(2), else by
// fusermount3(1), which lets other users in only where /etc/fuse.conf has user_allow_other.
Result<UniqueFd> mount(const std::string& directory);
// As root: `source` is what the table of mounts is to say.
Result<UniqueFd> mount_as_root(const std::string& source, const std::string& directory, bool read_only);

// Takes it out of the tree of directories; what is open stays open. Needs nobody who serves it.
Result<void> unmount(const std::string& directory);

// The same, and ends the connection: what waits for an answer fails, where the caller may do that.
Result<void> abort(const std::string& directory);

enum class MountPoint {
    free,   // a directory where nothing of ours is mounted
    alive,  // somebody serves a mount of ours there
    dead,   // a mount of ours is there whose daemon is gone
};
// An error where there is no directory that could be mounted on.
Result<MountPoint> look_at(const std::string& directory);

}  // namespace vexfs::fuse
