// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "engine/collection/schema.h"

namespace vexfs {

// Where a collection goes that comes from a snapshot or a backup.
struct RestoreTarget {
    std::string name;
    bool replace = false;          // a collection of that name, else it is already_exists
    std::optional<Access> access;  // instead of what it had
};

}  // namespace vexfs
