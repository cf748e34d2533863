// SPDX-License-Identifier: Apache-2.0
// Makes a sound collection of what is whole in a damaged one.
#pragma once

#include "engine/collection/check.h"
#include "engine/collection/loss_account.h"

namespace vexfs {

struct Salvaged {
    bool manifest_rebuilt = false;
    std::string schema_from;  // the log that the schema comes from, where the manifest was made again
    uint64_t records = 0;     // kept
    uint64_t rows = 0;        // of them
    uint64_t points = 0;      // there are now
    Losses losses;
};

// Writes into the empty directory `to` a collection with every whole record of the one that `source`
// describes, in their order, and without its index. All of it is on the disk when it returns; what was read
// is left as it is. timed_out where `progress` stopped it.
Result<Salvaged> salvage(Disk& disk, const CheckSource& source, const std::string& to,
                         const CheckProgress& progress);

}  // namespace vexfs
