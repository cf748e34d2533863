// SPDX-License-Identifier: Apache-2.0
// Making sure that a walk can come to every node.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/graph/links.h"

namespace vexfs::graph {

// Gives nodes that no walk from `entry` comes to a link from one that it does come to: in a free place, or in
// that of the farthest link. Returns those that are out of reach even so, ascending.
std::vector<uint32_t> connect(LinkTable& links, uint32_t entry);

}  // namespace vexfs::graph
