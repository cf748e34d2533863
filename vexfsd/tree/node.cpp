// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/node.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "engine/base/xxh3.h"
#include "vexfsd/tree/import_spool.h"
#include "vexfsd/tree/points_file.h"

namespace vexfs {
namespace {

constexpr std::array root_names{NamedRole{".vexfs", Role::control}};
constexpr std::array control_names{NamedRole{"version", Role::version}, NamedRole{"health", Role::health},
                                   NamedRole{"stats", Role::all_stats}, NamedRole{"metrics", Role::metrics},
                                   NamedRole{"call", Role::any_call}};
constexpr std::array collection_names{
    NamedRole{"call", Role::call},
    NamedRole{"search", Role::search},
    NamedRole{"insert", Role::insert},
    NamedRole{"config", Role::config},
    NamedRole{"stats", Role::stats},
    NamedRole{"io_stats", Role::io_stats},
    NamedRole{"vectors.npy", Role::vectors},
    NamedRole{"ids.npy", Role::ids},
    NamedRole{"metadata.jsonl", Role::metadata},
    NamedRole{"import", Role::import},
    NamedRole{"points", Role::points},
};

constexpr uint64_t root_number = 1;

}  // namespace

bool is_directory(Role role) {
    return role == Role::root || role == Role::control || role == Role::collection || role == Role::import ||
           role == Role::points;
}

bool shows_points(Role role) {
    return role == Role::vectors || role == Role::ids || role == Role::metadata;
}

uint64_t number_of(const Node& node) {
    if (node.role == Role::root) return root_number;
    std::array<uint64_t, 5> key{static_cast<uint64_t>(node.role),
                                xxh3(node.collection.data(), node.collection.size()), node.point, 0, 0};
    if (node.state) {
        key[3] = node.state->state().instance;
        key[4] = node.state->state().version;
    }
    if (node.spool) key[3] = node.spool->serial();
    const uint64_t number = xxh3(key.data(), sizeof key);
    // Once in 2^63 numbers: one more collision among others.
    return std::max(number, root_number + 1);
}

std::span<const NamedRole> fixed_names(Role directory) {
    switch (directory) {
        case Role::root: return root_names;
        case Role::control: return control_names;
        case Role::collection: return collection_names;
        default: return {};
    }
}

std::optional<Role> role_by_name(Role directory, std::string_view name) {
    const auto names = fixed_names(directory);
    const auto found = std::ranges::find(names, name, &NamedRole::name);
    return found == names.end() ? std::nullopt : std::optional(found->role);
}

std::string_view name_of(Role role) {
    for (const Role directory : {Role::root, Role::control, Role::collection}) {
        const auto names = fixed_names(directory);
        const auto found = std::ranges::find(names, role, &NamedRole::role);
        if (found != names.end()) return found->name;
    }
    return {};
}

std::optional<uint64_t> point_id(std::string_view name) {
    uint64_t id = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
    // One name per point: neither 07 nor +7.
    if (name.size() > 1 && name.front() == '0') return std::nullopt;
    return id;
}

}  // namespace vexfs
