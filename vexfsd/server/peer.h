// SPDX-License-Identifier: Apache-2.0
// Who is at the other end of a Unix socket.
#pragma once

#include "vexfsd/requests/service.h"

namespace vexfs {

// User, group and supplementary groups as the kernel knows them (SO_PEERCRED, SO_PEERGROUPS).
Result<Caller> caller_of(int socket);

}  // namespace vexfs
