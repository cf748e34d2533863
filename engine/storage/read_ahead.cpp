// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/read_ahead.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace vexfs {
namespace {

// Whether a page is in memory; false also where that can't be told.
bool is_resident(uintptr_t page, uintptr_t page_bytes) {
    unsigned char resident = 0;
    return mincore(reinterpret_cast<void*>(page), page_bytes, &resident) == 0 && (resident & 1) != 0;
}

// Advice that can't be followed, or reaches beyond the mapping, changes nothing. Of a longer piece the kernel
// reads no more than its device takes at once.
void ask_for(uintptr_t from, uintptr_t to) {
    constexpr uintptr_t piece_bytes = 128 << 10;
    for (; from < to; from += piece_bytes)
        static_cast<void>(
            madvise(reinterpret_cast<void*>(from), std::min(piece_bytes, to - from), MADV_WILLNEED));
}

}  // namespace

void ReadAhead::ask(uintptr_t here) {
    if (window_ == 0) {
        begin_ = 0;
        enough_ = UINTPTR_MAX;
        return;
    }
    static const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    const bool goes_on = here >= begin_ && here < end_;
    const uintptr_t from = (goes_on ? end_ : here) / page * page;
    const uintptr_t to = here + std::max<uint64_t>(window_, page);
    // Asking for what is in memory costs as much as reading it: where the window's end is there, so is the
    // rest.
    if (to > from && !is_resident((to - 1) / page * page, page)) ask_for(from, to);
    begin_ = here;
    end_ = to;
    // The next half is asked for while the pass is in the one before.
    enough_ = std::max<uint64_t>(window_ / 2, 1);
}

}  // namespace vexfs
