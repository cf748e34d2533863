// SPDX-License-Identifier: Apache-2.0
// The machine's file systems through io_uring(7): a write and its fdatasync in one submission, large reads
// and writes in pieces that are under way at once. All else as posix_disk(), which also finishes what a ring
// left undone: short reads and writes, and what could not be begun.
#pragma once

#include "engine/storage/disk.h"
#include "engine/storage/uring.h"

namespace vexfs {

// One that submits by `submit`; unsupported, with the reason, where the machine grants no ring.
Result<std::unique_ptr<Disk>> make_uring_disk(Ring::Submit submit);

// Made with the first call, there until the process ends. unsupported, with the reason, where the machine
// grants none.
Result<Disk*> uring_disk();

}  // namespace vexfs
