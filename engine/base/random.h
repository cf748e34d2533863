// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/random.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace vexfs {

// Of the system's (getentropy(3)), not to be guessed. std::random_device asks the CPU what it can each time,
// which a virtual machine takes long to answer. Thread-safe.
inline uint64_t random_number() {
    uint64_t number = 0;
    if (getentropy(&number, sizeof number) != 0)
        throw std::system_error(errno, std::system_category(), "getentropy");
    return number;
}

}  // namespace vexfs
