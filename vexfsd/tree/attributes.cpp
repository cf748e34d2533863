// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/attributes.h"

#include <unistd.h>

#include <algorithm>

namespace vexfs {
namespace {

constexpr uint32_t owner_bits = 0700;

// For each class that has one of `has`: `gives`, all as bits of one class.
uint32_t spread(uint32_t mode, uint32_t has, uint32_t gives) {
    uint32_t spread_mode = 0;
    for (const unsigned shift : {0u, 3u, 6u}) {
        if (((mode >> shift) & has) != 0) spread_mode |= gives << shift;
    }
    return spread_mode;
}

}  // namespace

uint32_t mode_of(Role role, uint32_t mode) {
    const uint32_t read = spread(mode, may_read_bit, may_read_bit);
    const uint32_t write = spread(mode, may_write_bit, may_write_bit);
    switch (role) {
        case Role::collection:
            return read | spread(mode, may_read_bit | may_write_bit, may_search_bit) | (write & owner_bits);
        case Role::call: return spread(mode, may_read_bit | may_write_bit, may_read_bit | may_write_bit);
        case Role::search: return read | spread(mode, may_read_bit, may_write_bit);
        // Who writes may read what came of it.
        case Role::insert: return spread(mode, may_write_bit, may_read_bit | may_write_bit);
        case Role::config: return read | (write & owner_bits);
        case Role::import:
        case Role::points: return read | write | spread(mode, may_read_bit | may_write_bit, may_search_bit);
        case Role::import_file:
        case Role::point: return read | write;
        default: return read;
    }
}

bool permits(const Attributes& attributes, const Caller& caller, uint32_t bits) {
    if (caller.all_powerful || caller.uid == 0 || caller.uid == geteuid()) return true;
    unsigned shift = 0;
    if (caller.uid == attributes.uid) {
        shift = 6;
    } else if (caller.gid == attributes.gid ||
               std::find(caller.groups.begin(), caller.groups.end(), attributes.gid) != caller.groups.end()) {
        shift = 3;
    }
    return (attributes.mode >> shift & bits) == bits;
}

}  // namespace vexfs
