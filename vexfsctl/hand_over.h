// SPDX-License-Identifier: Apache-2.0
// Mounts by FUSE that root makes for a daemon that may not mount.
#pragma once

#include <string>

#include "engine/base/unique_fd.h"
#include "vexfsctl/transport.h"

namespace vexfs::ctl {

// Mounts on a directory and has the daemon at the socket serve it; its reply is that of mount.mount. Nothing
// is mounted where that fails. `source` is what the table of mounts is to say.
Result<Message> mount_and_hand_over(const std::string& socket, const std::string& source,
                                    const std::string& directory, bool read_only);

// A request with a descriptor, and its reply.
Result<Message> call_with_descriptor(const std::string& socket, Message request, UniqueFd descriptor);

}  // namespace vexfs::ctl
