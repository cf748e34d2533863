// SPDX-License-Identifier: Apache-2.0
// The machine's disk, through the backend that the environment's VEXFS_TEST_IO_BACKEND names, posix where it
// names none. Where the machine grants no io_uring that is posix as well.
#pragma once

#include <cstdlib>

#include "engine/storage/io_backend.h"

namespace vexfs::test {

inline Disk& real_disk() {
    const char* const name = std::getenv("VEXFS_TEST_IO_BACKEND");
    return *choose_disk(io_backend_from_name(name == nullptr ? "posix" : name).value()).disk;
}

}  // namespace vexfs::test
