// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/server/peer.h"

#include <sys/socket.h>

#include <cerrno>

namespace vexfs {

Result<Caller> caller_of(int socket) {
    ucred credentials{};
    socklen_t bytes = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &bytes) != 0) {
        return fail_errno("ask who the client is", errno);
    }
    Caller caller;
    caller.uid = credentials.uid;
    caller.gid = credentials.gid;
    // With too little room the kernel says how much it takes.
    bytes = 0;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, nullptr, &bytes) != 0 && errno != ERANGE) {
        return fail_errno("ask for the client's groups", errno);
    }
    caller.groups.resize(bytes / sizeof(gid_t));
    if (!caller.groups.empty() &&
        getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, caller.groups.data(), &bytes) != 0) {
        return fail_errno("ask for the client's groups", errno);
    }
    caller.groups.resize(bytes / sizeof(gid_t));
    return caller;
}

}  // namespace vexfs
