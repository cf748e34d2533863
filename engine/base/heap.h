// SPDX-License-Identifier: Apache-2.0
// What the heap does with memory that was freed, mallopt(3).
#pragma once

#include <cstdlib>  // defines __GLIBC__
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace vexfs {

// For a program that runs long, once at its start: what is freed and over 4 MiB is given back at once. By
// itself glibc keeps the most that was ever freed, up to 64 MiB, in the arena of every thread. The price is to
// take anew from the kernel what a request of over 4 MiB needs.
inline void keep_little_free_memory() {
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
#endif
}

// Gives free memory back to the kernel: after work that took much of it for a while, of which glibc would
// keep most for what comes next. Takes milliseconds. Thread-safe.
inline void give_free_memory_back() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

}  // namespace vexfs
