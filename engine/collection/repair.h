// SPDX-License-Identifier: Apache-2.0
// What Store::repair() did.
#pragma once

#include "engine/collection/salvage.h"

namespace vexfs {

enum class Repair {
    nothing,    // there was nothing to repair
    opened,     // a collection that could not be opened can be now, without a change
    rewritten,  // its manifest or its index was written again, no row was touched
    salvaged,   // a new collection with all that is whole took its place
};
std::string_view name_of(Repair repair);

struct RepairReport {
    CheckReport found;
    Repair done = Repair::nothing;
    std::string kept_at;  // the directory with what was damaged, "" where nothing was moved
    std::optional<Salvaged> salvaged;
};

nlohmann::json to_json(const RepairReport& report);

}  // namespace vexfs
