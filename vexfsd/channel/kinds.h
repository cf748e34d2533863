// SPDX-License-Identifier: Apache-2.0
// How the module knows roles: numbers that stay the same, so that a later daemon finds in the mount what an
// earlier one told.
#pragma once

#include <cstdint>
#include <optional>

#include "vexfsd/tree/node.h"

namespace vexfs::channel {

uint32_t kind_of(Role role);
std::optional<Role> role_of(uint32_t kind);

}  // namespace vexfs::channel
