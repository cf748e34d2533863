// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/hand_over.h"

#include "fuse/mounting.h"

namespace vexfs::ctl {

Result<Message> mount_and_hand_over(const std::string& socket, const std::string& source,
                                    const std::string& directory, bool read_only) {
    // Before anything is mounted: a daemon that can't be reached is the likeliest failure.
    VEXFS_TRY(socket_endpoint(socket)->connect());
    VEXFS_ASSIGN(UniqueFd connection, fuse::mount_as_root(source, directory, read_only));
    Message request;
    request.header = {{"op", "mount.mount"}, {"directory", directory}};
    auto reply = call_with_descriptor(socket, std::move(request), std::move(connection));
    if (!reply) (void)fuse::unmount(directory);
    return reply;
}

}  // namespace vexfs::ctl
