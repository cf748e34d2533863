// SPDX-License-Identifier: Apache-2.0
#include "engine/base/xxh3.h"

#include <xxhash.h>

#include <new>

// The library chooses by the CPU only where it is asked to: this header has its functions' names stand for
// those that do.
#ifdef __x86_64__
#include <xxh_x86dispatch.h>
#endif

namespace vexfs {

uint64_t xxh3(const void* data, size_t bytes, uint64_t seed) {
    return XXH3_64bits_withSeed(data, bytes, seed);
}

Xxh3::Xxh3() : state_(XXH3_createState()) {
    if (!state_) throw std::bad_alloc();
    XXH3_64bits_reset(state_.get());
}

void Xxh3::add(const void* data, size_t bytes) {
    XXH3_64bits_update(state_.get(), data, bytes);
}

uint64_t Xxh3::digest() const {
    return XXH3_64bits_digest(state_.get());
}

void Xxh3::Free::operator()(XXH3_state_s* state) const {
    XXH3_freeState(state);
}

}  // namespace vexfs
