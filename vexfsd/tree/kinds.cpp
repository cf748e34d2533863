// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/kinds.h"

#include <algorithm>
#include <array>

namespace vexfs {
namespace {

// The kind is the place; new ones are added at the end.
constexpr std::array roles{
    Role::root,       Role::control, Role::version, Role::health,   Role::all_stats, Role::any_call,
    Role::collection, Role::call,    Role::search,  Role::insert,   Role::config,    Role::stats,
    Role::io_stats,   Role::vectors, Role::ids,     Role::metadata, Role::import,    Role::import_file,
    Role::points,     Role::point,   Role::metrics,
};

}  // namespace

uint32_t kind_of(Role role) {
    return static_cast<uint32_t>(std::ranges::find(roles, role) - roles.begin());
}

std::optional<Role> role_of(uint32_t kind) {
    return kind < roles.size() ? std::optional(roles[kind]) : std::nullopt;
}

}  // namespace vexfs
