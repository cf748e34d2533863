// SPDX-License-Identifier: Apache-2.0
// Roles as numbers that stay the same, so that a later daemon finds in a mount what an earlier one told.
#pragma once

#include <cstdint>
#include <optional>

#include "vexfsd/tree/node.h"

namespace vexfs {

uint32_t kind_of(Role role);
std::optional<Role> role_of(uint32_t kind);

}  // namespace vexfs
