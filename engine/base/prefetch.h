// SPDX-License-Identifier: Apache-2.0
// Reading ahead of a computation: from memory into the cache.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace vexfs {

inline void prefetch(const void* from, size_t bytes) {
    constexpr uintptr_t line_bytes = 64;
    const auto first = reinterpret_cast<uintptr_t>(from), end = first + bytes;
    for (uintptr_t at = first & ~(line_bytes - 1); at < end; at += line_bytes) {
        __builtin_prefetch(reinterpret_cast<const void*>(at), 0);
        // GCC 12 takes the later ones for repetitions and drops them, unless a fence stands between.
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
}

}  // namespace vexfs
