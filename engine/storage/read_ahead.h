// SPDX-License-Identifier: Apache-2.0
// Asks the system to read ahead of a pass over mapped files, so that it waits for the disk once in a while
// and not at each page. For one thread.
#pragma once

#include <cstdint>

namespace vexfs {

class ReadAhead {
  public:
    // 0 asks for nothing.
    explicit ReadAhead(uint64_t window_bytes) : window_(window_bytes) {}

    // The pass has come to `address`: so much behind it as the window is will be read. Anywhere in memory,
    // also back or in another mapping.
    void at(const void* address) {
        const auto here = reinterpret_cast<uintptr_t>(address);
        if (here - begin_ >= enough_) ask(here);
    }

  private:
    void ask(uintptr_t here);

    uint64_t window_;
    // No need to ask between begin_ and enough_ bytes behind it; what lies before end_ was asked for.
    uintptr_t begin_ = 0, end_ = 0;
    uint64_t enough_ = 0;
};

}  // namespace vexfs
