// SPDX-License-Identifier: Apache-2.0
// The mount of the daemon that a service belongs to, as requests see it.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.h"
#include "engine/base/unique_fd.h"
#include "vexfsd/base/in_work.h"

namespace vexfs {

struct MountStatus {
    bool mounted = false;
    std::string directory;  // where, or where it was to be; empty for none
    std::string backend;    // "fuse" or "module"; empty where nothing is mounted
    std::string note;       // why this backend, or why nothing is mounted
    bool fallback = false;  // FUSE, because the module could not be had
    CallLoad load;
};

// Thread-safe.
class MountControl {
  public:
    virtual ~MountControl() = default;
    virtual MountStatus status() = 0;
    // already_exists where one is mounted already. Empty names are the configured ones.
    virtual Result<void> mount(const std::string& directory, const std::string& backend) = 0;
    // Serves a mount by FUSE that somebody has made on a directory.
    virtual Result<void> serve(const std::string& directory, UniqueFd connection) = 0;
    // not_found where none is mounted. What is open stays open.
    virtual Result<void> unmount() = 0;
};

}  // namespace vexfs
