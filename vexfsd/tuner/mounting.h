// SPDX-License-Identifier: Apache-2.0
// The mount of a daemon without privileges: made and taken away for it on the configured directory.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/base/unique_fd.h"
#include "vexfsd/config/settings.h"

namespace vexfs::tuner {

// By the backend module or fuse, on mount.directory, which is made where it is missing: systemd runs
// mount.vexfs(8). permission_denied for any other directory.
Result<void> mount_for_daemon(const Settings& settings, const std::string& backend,
                              const std::string& directory);
// permission_denied where something is mounted there that is not of VexFS.
Result<void> unmount_for_daemon(const std::string& directory);
// /dev/vexfs, of the module with the configured parameters, which is loaded where it isn't.
Result<UniqueFd> open_device(const Settings& settings);

}  // namespace vexfs::tuner
