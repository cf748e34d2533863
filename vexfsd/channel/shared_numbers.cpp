// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/channel/shared_numbers.h"

#include <spdlog/spdlog.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "kmod/uapi/vexfs.h"

namespace vexfs::channel {

static_assert(sizeof(std::atomic<uint64_t>) == sizeof(uint64_t) &&
              std::atomic<uint64_t>::is_always_lock_free);

Result<SharedNumbers> SharedNumbers::map(int device) {
    void* const memory =
        mmap(nullptr, VEXFS_GENERATIONS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);
    if (memory == MAP_FAILED) return fail_errno("map the numbers of the channel", errno);
    return SharedNumbers(std::span(static_cast<std::atomic<uint64_t>*>(memory), VEXFS_GENERATIONS_MAX));
}

SharedNumbers::~SharedNumbers() {
    if (numbers_.empty()) return;
    if (mmap(numbers_.data(), VEXFS_GENERATIONS_BYTES, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        spdlog::error("mount: the channel's numbers can't be let go: {}", std::strerror(errno));
}

}  // namespace vexfs::channel
