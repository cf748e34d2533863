// SPDX-License-Identifier: Apache-2.0
// Names and attributes.
#include "vexfsd/tree/tree.h"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>

#include "vexfsd/requests/operations.h"
#include "vexfsd/tree/config_text.h"
#include "vexfsd/tree/import_spool.h"

namespace vexfs {
namespace {

constexpr uint32_t control_mode = 0555;
// How long the name of a file that was copied in can be looked up after it was closed: programs that copy set
// its mode and times then.
constexpr auto import_name_kept = std::chrono::seconds(10);

tl::unexpected<Failure> not_there(std::string_view name) {
    return refuse(ENOENT, fmt::format("there is no {}", name));
}

Outcome<void> check_name(std::string_view name) {
    if (name.size() > node_name_bytes_max)
        return refuse(ENAMETOOLONG, fmt::format("a name has at most {} bytes", node_name_bytes_max));
    return {};
}

Node below(const Node& directory, Role role) {
    return {role, directory.collection, 0, nullptr, nullptr};
}

uint32_t control_mode_of(Role role, const Access& top) {
    // Whoever may use the directory may call.
    if (role == Role::any_call) return top.mode & 0666;
    return is_directory(role) ? control_mode : control_mode & 0444;
}

}  // namespace

Tree::Tree(Store& store, Service& service, const TreeOptions& options)
    : store_(store), service_(service), budget_(options.memory), points_(budget_), options_(options) {
    clock_gettime(CLOCK_REALTIME, &started_);
}

Result<std::unique_ptr<Tree>> Tree::make(Store& store, Service& service, const TreeOptions& options) {
    std::error_code error;
    std::filesystem::remove_all(options.spool_directory, error);
    if (!error) std::filesystem::create_directory(options.spool_directory, error);
    if (error) return fail_errno("make " + options.spool_directory + " anew", error.value());
    return std::unique_ptr<Tree>(new Tree(store, service, options));
}

void Tree::set_generations(std::shared_ptr<GenerationBoard> generations) {
    service_.set_generations(std::move(generations));
}

void Tree::set_options(const TreeOptions& options) {
    budget_.set_limits(options.memory);
    {
        const std::lock_guard lock(mutex_);
        options_ = options;
    }
    service_.listeners().each([](CollectionsListener& listener) { listener.collections_changed(); });
}

void Tree::listen(const std::shared_ptr<CollectionsListener>& listener) {
    service_.listeners().add(listener);
}

TreeOptions Tree::options() const {
    const std::lock_guard lock(mutex_);
    return options_;
}

Outcome<Tree::Found> Tree::find(const std::string& name) const {
    const auto collection = store_.find(name);
    if (!collection) return not_there(name);
    return Found{*collection, (*collection)->schema()};
}

Outcome<Node> Tree::look_up(const Node& directory, std::string_view name) {
    VEXFS_TREE_TRY(check_name(name));
    if (!is_directory(directory.role)) return refuse(ENOTDIR, "only directories hold names");
    if (const auto role = role_by_name(directory.role, name)) {
        Node node = below(directory, *role);
        if (node.collection.empty()) return node;
        VEXFS_TREE_ASSIGN(const Found found, find(node.collection));
        if (shows_points(*role)) {
            VEXFS_TREE_ASSIGN(node.state, points_.look_up(node.collection, *role, found.collection));
        }
        return node;
    }
    switch (directory.role) {
        case Role::root: {
            Node node{Role::collection, std::string(name), 0, nullptr, nullptr};
            VEXFS_TREE_TRY(find(node.collection));
            return node;
        }
        case Role::import: {
            Node node = below(directory, Role::import_file);
            node.spool = find_import(directory.collection, name);
            if (!node.spool) return not_there(name);
            return node;
        }
        case Role::points: {
            const auto id = point_id(name);
            if (!id) return not_there(name);
            VEXFS_TREE_ASSIGN(const Found found, find(directory.collection));
            const auto points = found.collection->get({&*id, 1}, false);
            if (!points || points->empty()) return not_there(name);
            Node node = below(directory, Role::point);
            node.point = *id;
            return node;
        }
        default: return not_there(name);
    }
}

Outcome<Attributes> Tree::attributes(const Node& node) {
    Attributes attributes;
    attributes.number = number_of(node);
    attributes.directory = is_directory(node.role);
    attributes.changed = started_;
    if (node.collection.empty()) {
        const Access top = options().top;
        attributes.uid = top.uid;
        attributes.gid = top.gid;
        attributes.mode = node.role == Role::root ? top.mode : control_mode_of(node.role, top);
        if (node.role == Role::version) attributes.size = std::strlen(VEXFS_VERSION) + 1;
        return attributes;
    }
    VEXFS_TREE_ASSIGN(const Found found, find(node.collection));
    attributes.uid = found.schema.access.uid;
    attributes.gid = found.schema.access.gid;
    attributes.mode = mode_of(node.role, found.schema.access.mode);
    if (node.state) {
        attributes.size = node.state->size(node.role);
        attributes.changed = node.state->changed();
    } else if (node.spool) {
        attributes.size = node.spool->size();
        attributes.changed = node.spool->changed();
        attributes.mode = node.spool->mode();
        attributes.uid = node.spool->uid();
        attributes.gid = node.spool->gid();
    } else if (node.role == Role::point) {
        attributes.size = uint64_t{found.schema.dimension} * sizeof(float);
    } else if (node.role == Role::config) {
        attributes.size = config_text(found.schema).size();
    }
    return attributes;
}

std::optional<Node> Tree::find_by_number(uint64_t number) const {
    const auto below_of = [&](const Node& directory) -> std::optional<Node> {
        if (number_of(directory) == number) return directory;
        for (const NamedRole& named : fixed_names(directory.role)) {
            if (shows_points(named.role)) continue;
            Node node = below(directory, named.role);
            if (number_of(node) == number) return node;
        }
        return std::nullopt;
    };
    for (const Role role : {Role::root, Role::control}) {
        if (auto found = below_of({role, {}, 0, nullptr, nullptr})) return found;
    }
    for (const std::string& name : store_.names()) {
        if (auto found = below_of({Role::collection, name, 0, nullptr, nullptr})) return found;
    }
    return std::nullopt;
}

Outcome<Node> Tree::node_again(Role role, const std::string& collection, const PointsState& state) {
    VEXFS_TREE_ASSIGN(Node node, look_up({Role::collection, collection, 0, nullptr, nullptr}, name_of(role)));
    const PointsState& now = node.state->state();
    const bool same = now.identity == state.identity && now.version == state.version &&
                      now.points == state.points && now.metadata_bytes == state.metadata_bytes;
    if (!same) return refuse(ESTALE, "the points have changed since the file was opened");
    return node;
}

Outcome<void> Tree::require(const Node& node, const Caller& caller, uint32_t bits) {
    VEXFS_TREE_ASSIGN(const Attributes found, attributes(node));
    if (permits(found, caller, bits)) return {};
    return refuse(EACCES, fmt::format("user {} may not, with the mode {:04o} of {}:{}", caller.uid,
                                      found.mode, found.uid, found.gid));
}

Outcome<std::unique_ptr<OpenDirectory>> Tree::open_directory(const Node& directory, const Caller& caller) {
    VEXFS_TREE_TRY(require(directory, caller, may_read_bit));
    std::vector<DirectoryEntry> entries;
    for (const auto& [name, role] : fixed_names(directory.role)) {
        Node node = below(directory, role);
        // Which of its states it is, only a look-up says.
        entries.push_back({std::string(name), std::move(node), 0});
    }
    if (directory.role == Role::points) {
        VEXFS_TREE_ASSIGN(Found found, find(directory.collection));
        return points_of(directory, std::move(found.collection));
    }
    if (directory.role == Role::root) {
        for (const std::string& name : store_.names()) {
            const auto found = find(name);
            if (!found || !may_read(caller, found->schema.access)) continue;
            entries.push_back({name, {Role::collection, name, 0, nullptr, nullptr}, 0});
        }
    }
    if (directory.role == Role::import) {
        const std::lock_guard lock(mutex_);
        for (const auto& [key, spool] : imports_) {
            if (spool->closed() || key.first != directory.collection) continue;
            entries.push_back({key.second, {Role::import_file, key.first, 0, nullptr, spool}, 0});
        }
    }
    return list_of(std::move(entries));
}

std::shared_ptr<ImportSpool> Tree::find_import(const std::string& collection, std::string_view name) {
    const std::lock_guard lock(mutex_);
    forget_old_imports();
    const auto found = imports_.find({collection, std::string(name)});
    return found == imports_.end() ? nullptr : found->second;
}

void Tree::forget_old_imports() {
    const auto before = std::chrono::steady_clock::now() - import_name_kept;
    std::erase_if(imports_, [&](const auto& entry) {
        const auto closed = entry.second->closed();
        return closed && *closed < before;
    });
}

Outcome<struct statvfs> Tree::space() const {
    struct statvfs space {};
    if (statvfs(store_.directory().c_str(), &space) != 0)
        return refuse(errno, fmt::format("{}: {}", store_.directory(), std::strerror(errno)));
    space.f_namemax = node_name_bytes_max;
    return space;
}

void Tree::note_failure(const Node& node, const Failure& failure) {
    Role role = node.role;
    if (role == Role::import_file) role = Role::import;
    if (role == Role::point) role = Role::points;
    if (role != Role::import && role != Role::points && role != Role::config && role != Role::insert) return;
    std::string text = failure.error.message;
    if (!failure.error.hint.empty()) text += fmt::format(" ({})", failure.error.hint);
    const std::lock_guard lock(mutex_);
    failures_[{node.collection, role}] = std::move(text);
}

}  // namespace vexfs
