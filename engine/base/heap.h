// SPDX-License-Identifier: Apache-2.0
// What the heap does with memory that was freed.
#pragma once

#include <cstdlib>  // defines __GLIBC__
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace vexfs {

// Gives free memory back to the kernel: after work that took much of it for a while, of which glibc would
// keep most for what comes next. Takes milliseconds. Thread-safe.
inline void give_free_memory_back() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

}  // namespace vexfs
