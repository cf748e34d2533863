// SPDX-License-Identifier: Apache-2.0
// The numbers of /dev/vexfs that the module looks at, by which it sees whether a reply that it keeps holds.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <utility>

#include "engine/base/result.h"

namespace vexfs::channel {

class SharedNumbers {
  public:
    static Result<SharedNumbers> map(int device);
    // The module doesn't look any more, and the device is let go. The numbers stay where they are as long as
    // the process does, for collections go on to change them.
    ~SharedNumbers();
    SharedNumbers(SharedNumbers&& other) noexcept : numbers_(std::exchange(other.numbers_, {})) {}
    SharedNumbers& operator=(SharedNumbers&&) = delete;

    std::span<std::atomic<uint64_t>> all() const { return numbers_; }

  private:
    explicit SharedNumbers(std::span<std::atomic<uint64_t>> numbers) : numbers_(numbers) {}

    std::span<std::atomic<uint64_t>> numbers_;
};

}  // namespace vexfs::channel
