// SPDX-License-Identifier: Apache-2.0
// /dev/vexfs, by which the kernel module hands requests over; kmod/uapi/vexfs.h says how. Thread-safe.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/base/unique_fd.h"
#include "kmod/uapi/vexfs.h"
#include "vexfsd/channel/shared_numbers.h"

namespace vexfs::channel {

class Device {
  public:
    // `unsupported` where the module is not there, `busy` where another daemon serves the instance.
    static Result<Device> open(const std::string& instance, uint64_t call_bytes_max);
    // The same of one that somebody else has opened.
    static Result<Device> serve(UniqueFd descriptor, const std::string& instance, uint64_t call_bytes_max);

    // How many long requests are to be in work at once, as the module's parameter says.
    unsigned worker_threads() const { return worker_threads_; }
    // Gives a reply and waits for the next request. The errno, 0 for none.
    int next(vexfs_next_args& args) const;
    // Those that the module looks at.
    std::span<std::atomic<uint64_t>> numbers() const { return numbers_.all(); }
    // No more requests are handed out.
    void leave() const;

  private:
    Device(UniqueFd descriptor, SharedNumbers numbers, unsigned worker_threads)
        : descriptor_(std::move(descriptor)), numbers_(std::move(numbers)), worker_threads_(worker_threads) {}

    UniqueFd descriptor_;
    SharedNumbers numbers_;
    unsigned worker_threads_;
};

}  // namespace vexfs::channel
