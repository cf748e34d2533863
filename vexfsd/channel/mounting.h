// SPDX-License-Identifier: Apache-2.0
// Mounting an instance by the kernel module. A mount needs no daemon: it stays when the daemon ends, and
// serves again when there is another one.
#pragma once

#include <string>

#include "engine/base/result.h"

namespace vexfs::channel {

// Mounts on a directory, unless the instance is mounted there already. `options` are those of the module.
Result<void> mount(const std::string& instance, const std::string& directory, bool read_only = false,
                   const std::string& options = {});
// Whether the module is there.
bool is_loaded();
// Takes it out of the tree of directories; what is open stays open.
Result<void> unmount(const std::string& directory);
bool is_mounted(const std::string& instance, const std::string& directory);

}  // namespace vexfs::channel
