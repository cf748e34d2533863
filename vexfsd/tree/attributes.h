// SPDX-License-Identifier: Apache-2.0
// Attributes of a node, and who may do what with it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>

#include "engine/collection/schema.h"
#include "vexfsd/requests/service.h"
#include "vexfsd/tree/node.h"

namespace vexfs {

struct Attributes {
    uint64_t number = 0;  // of the inode
    bool directory = false;
    uint32_t mode = 0;  // permissions
    uint32_t uid = 0, gid = 0;
    uint64_t size = 0;
    timespec changed{};
};

inline constexpr uint32_t may_read_bit = 4, may_write_bit = 2, may_search_bit = 1;

// The permissions of a node below a collection with that mode, which speaks of reading and writing the
// collection: a directory is searched by who may do either, and `call` and `search` are written by who may
// read, for a query is written to them.
uint32_t mode_of(Role role, uint32_t collection_mode);

// As with a file: the first class that the caller is in decides. Root and the daemon's own user may do
// everything.
bool permits(const Attributes& attributes, const Caller& caller, uint32_t bits);

}  // namespace vexfs
