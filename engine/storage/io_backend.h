// SPDX-License-Identifier: Apache-2.0
// By which system calls the disk is reached.
#pragma once

#include <string>
#include <string_view>

#include "engine/storage/disk.h"

namespace vexfs {

enum class IoBackend {
    // posix: what VexFS asks of a disk is large or waits for an fdatasync, which the kernel runs in a thread
    // of
    // its own for io_uring; measured (tests/bench/io.cpp), io_uring is faster at none of it.
    automatic,
    io_uring,
    posix,
};

std::string_view name_of(IoBackend backend);  // "auto", "io_uring", "posix"
Result<IoBackend> io_backend_from_name(std::string_view name);

struct ChosenDisk {
    Disk* disk;         // there until the process ends
    IoBackend backend;  // io_uring or posix
    std::string why;    // one sentence, where it is another than was asked for
};
// Never fails: where the machine grants no io_uring, it is posix.
ChosenDisk choose_disk(IoBackend wanted);

}  // namespace vexfs
