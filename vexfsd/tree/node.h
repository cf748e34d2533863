// SPDX-License-Identifier: Apache-2.0
// What the tree is made of, DESIGN section "The tree" in vexfs(7):
//
//   /                         root
//     .vexfs/                 control
//       version health stats metrics call
//     NAME/                   collection
//       call search insert config stats io_stats vectors.npy ids.npy metadata.jsonl
//       import/FILE
//       points/ID
//
// A node is a name for something, not the thing: it says by itself what is meant, and stays good when the
// thing is gone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vexfs {

class PointsFile;   // points_file.h
class ImportSpool;  // import_spool.h

enum class Role : uint8_t {
    root,
    control,
    version,
    health,
    all_stats,
    any_call,
    collection,
    call,
    search,
    insert,
    config,
    stats,
    io_stats,
    vectors,
    ids,
    metadata,
    import,
    import_file,
    points,
    point,
    metrics,
};

struct Node {
    Role role = Role::root;
    std::string collection;                   // of all below a collection
    uint64_t point = 0;                       // of a point
    std::shared_ptr<const PointsFile> state;  // of vectors, ids and metadata: which of their states
    std::shared_ptr<ImportSpool> spool;       // of a file below import
};

bool is_directory(Role role);
// One of vectors, ids and metadata.
bool shows_points(Role role);

// The inode number: the same for the same node in every daemon, but for states of points. Not 0, and 1 for
// the root alone.
uint64_t number_of(const Node& node);

struct NamedRole {
    std::string_view name;
    Role role;
};
// The fixed names of a directory, in the order in which they are listed. None for import and points.
std::span<const NamedRole> fixed_names(Role directory);
std::optional<Role> role_by_name(Role directory, std::string_view name);
std::string_view name_of(Role role);  // "vectors.npy"; "" where the name isn't fixed

// "7" to 7; none where the text is no id as it is listed.
std::optional<uint64_t> point_id(std::string_view name);

}  // namespace vexfs
