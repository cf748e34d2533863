// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "tests/vm/fuzz/fuzz.h"

namespace fuzz {

uint64_t Chance::number() {
    switch (below(6)) {
        case 0: return below(4);
        case 1: return below(256);
        case 2: return uint64_t{1} << below(64);
        case 3: return (uint64_t{1} << below(64)) - 1;
        case 4: return ~uint64_t{0} - below(4096);
        default: return engine_();
    }
}

void Chance::fill(std::span<std::byte> bytes) {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(engine_());
}

void Chance::damage(std::span<std::byte> bytes) {
    for (uint64_t times = 1 + below(3); times > 0; --times) {
        const uint64_t value = number();
        const size_t width = std::min<size_t>(size_t{1} << below(4), bytes.size());
        std::memcpy(bytes.data() + below(bytes.size() - width + 1), &value, width);
    }
}

}  // namespace fuzz
