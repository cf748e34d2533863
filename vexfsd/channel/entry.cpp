// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/channel/entry.h"

#include <sys/stat.h>

#include "vexfsd/tree/kinds.h"

namespace vexfs::channel {

vexfs_entry to_entry(const Node& node, const Attributes& attributes) {
    vexfs_entry entry{};
    entry.number = attributes.number;
    entry.point = node.point;
    entry.kind = kind_of(node.role);
    // Below a directory that is asked for each time, a name that is always there needs no asking.
    if (!name_of(node.role).empty() && !shows_points(node.role)) entry.flags |= VEXFS_ENTRY_LASTING;
    if (node.role == Role::collection) entry.flags |= VEXFS_ENTRY_COLLECTION;
    entry.mode = attributes.mode | (attributes.directory ? S_IFDIR : S_IFREG);
    entry.uid = attributes.uid;
    entry.gid = attributes.gid;
    entry.changed_s = attributes.changed.tv_sec;
    entry.changed_ns = static_cast<uint32_t>(attributes.changed.tv_nsec);
    entry.size = attributes.size;
    return entry;
}

}  // namespace vexfs::channel
