// SPDX-License-Identifier: Apache-2.0
// XXH3 of 64 bits (xxHash), by which all that is stored is checked, with the widest instructions of the CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct XXH3_state_s;  // xxhash.h

namespace vexfs {

uint64_t xxh3(const void* data, size_t bytes, uint64_t seed = 0);

// Of bytes that come one after the other. By one thread at a time.
class Xxh3 {
  public:
    Xxh3();  // throws std::bad_alloc
    void add(const void* data, size_t bytes);
    void add(std::span<const std::byte> bytes) { add(bytes.data(), bytes.size()); }
    uint64_t digest() const;  // of all so far

  private:
    struct Free {
        void operator()(XXH3_state_s* state) const;
    };
    std::unique_ptr<XXH3_state_s, Free> state_;
};

}  // namespace vexfs
