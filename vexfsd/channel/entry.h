// SPDX-License-Identifier: Apache-2.0
// A node of the tree, as the kernel module is told of it.
#pragma once

#include "kmod/uapi/vexfs.h"
#include "vexfsd/tree/attributes.h"
#include "vexfsd/tree/node.h"

namespace vexfs::channel {

vexfs_entry to_entry(const Node& node, const Attributes& attributes);

}  // namespace vexfs::channel
