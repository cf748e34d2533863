// SPDX-License-Identifier: Apache-2.0
// What the configuration says of the tree.
#pragma once

#include <string>

#include "vexfsd/tree/memory_budget.h"

namespace vexfs {

struct TreeOptions {
    MemoryBudget::Limits memory;
    uint64_t request_bytes_max = 0;
    uint32_t dimension = 0;       // of a collection that mkdir makes
    Access top;                   // of the root directory: who may make collections
    std::string spool_directory;  // for what is copied into import, made where it is missing
};

}  // namespace vexfs
