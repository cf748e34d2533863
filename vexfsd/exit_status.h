// SPDX-License-Identifier: Apache-2.0
// How vexfsd ends, vexfsd(8).
#pragma once

#include <sysexits.h>

namespace vexfs {

enum class DaemonExit {
    stopped = 0,         // asked to, and cleanly
    failed = 1,          // at run time
    usage = 2,           // wrong options
    held = EX_TEMPFAIL,  // another process holds the data directory, the socket or the mount point
    configuration = EX_CONFIG,
};

}  // namespace vexfs
