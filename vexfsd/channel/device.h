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
    // `unsupported` where the module is not there.
    static Result<Device> open();
    // One that somebody else has opened.
    static Result<Device> adopt(UniqueFd descriptor);

    int descriptor() const { return descriptor_.get(); }
    // From now on; `busy` where another daemon serves the instance.
    Result<void> serve(const std::string& instance, uint64_t call_bytes_max);
    // How many long requests are to be in work at once, as the module's parameter says. Of one that serves.
    unsigned worker_threads() const { return worker_threads_; }
    // Gives a reply and waits for the next request. The errno, 0 for none.
    int next(vexfs_next_args& args) const;
    // Those that the module looks at.
    std::span<std::atomic<uint64_t>> numbers() const { return numbers_.all(); }
    // No more requests are handed out.
    void leave() const;

  private:
    Device(UniqueFd descriptor, SharedNumbers numbers)
        : descriptor_(std::move(descriptor)), numbers_(std::move(numbers)) {}

    UniqueFd descriptor_;
    SharedNumbers numbers_;
    unsigned worker_threads_ = 0;
};

}  // namespace vexfs::channel
