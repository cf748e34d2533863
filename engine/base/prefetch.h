// SPDX-License-Identifier: Apache-2.0
// Reading ahead of a computation: from memory into the cache.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace vexfs {

// To its second level, which has room for more that is under way than the first.
inline void prefetch(const void* from, size_t bytes) {
    for (size_t at = 0; at < bytes; at += 64) {
        __builtin_prefetch(static_cast<const char*>(from) + at, 0, 2);
        // GCC 12 takes the later ones for repetitions and drops them, unless a fence stands between.
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
}

// The same in pieces, with work between them: a core has only so many lines under way at a time (10 to 16 of
// those that it asks for itself), and stands still while it asks for more.
class SteadyPrefetch {
  public:
    // Begins with a quarter, after what is left of the one before.
    void start(const void* from, size_t bytes) {
        prefetch(at_, static_cast<size_t>(end_ - at_));
        at_ = static_cast<const char*>(from);
        end_ = at_ + bytes;
        piece_ = (bytes / 4 + 63) / 64 * 64;
        some();
    }
    // Another quarter.
    void some() {
        const size_t bytes = std::min(piece_, static_cast<size_t>(end_ - at_));
        prefetch(at_, bytes);
        at_ += bytes;
    }

  private:
    const char* at_ = nullptr;
    const char* end_ = nullptr;
    size_t piece_ = 0;
};

}  // namespace vexfs
