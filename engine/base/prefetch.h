// SPDX-License-Identifier: Apache-2.0
// Reading ahead of a computation: from memory into the cache.
#pragma once

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

}  // namespace vexfs
