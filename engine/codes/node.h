// SPDX-License-Identifier: Apache-2.0
// Nodes: the vectors of a part of an index, numbered from 0 in the order of their codes.
#pragma once

#include <cstdint>

namespace vexfs::codes {

inline constexpr uint32_t no_node = UINT32_MAX;

}  // namespace vexfs::codes
