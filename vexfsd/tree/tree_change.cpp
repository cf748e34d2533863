// SPDX-License-Identifier: Apache-2.0
// What is changed by other means than writing to files: directories made and removed, points removed, owners,
// modes and extended attributes.
#include <fmt/format.h>

#include <filesystem>

#include "vexfsd/requests/json.h"
#include "vexfsd/tree/asking.h"
#include "vexfsd/tree/import_spool.h"
#include "vexfsd/tree/tree.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

constexpr std::string_view metadata_attribute = "user.vexfs.metadata";
constexpr std::string_view error_attribute = "user.vexfs.error";
// Of a mode, what a collection has: permission to search follows from the others.
constexpr uint32_t collection_bits = 0666;

tl::unexpected<Failure> no_attribute(std::string_view name) {
    return refuse(ENODATA, fmt::format("there is no attribute {}", name));
}

Caller the_daemon() {
    Caller caller;
    caller.all_powerful = true;
    return caller;
}

}  // namespace

Outcome<Node> Tree::make_directory(const Node& directory, std::string_view name, uint32_t mode,
                                   const Caller& caller) {
    if (directory.role != Role::root)
        return refuse(EPERM, "directories are made at the top alone, where each is a collection");
    if (name.size() > node_name_bytes_max) return refuse(ENAMETOOLONG, "the name is too long");
    VEXFS_TREE_TRY(require(directory, caller, may_write_bit | may_search_bit));
    if (role_by_name(Role::root, name)) return refuse(EEXIST, "the name is taken");
    const std::string collection(name);
    if (collection.size() > collection_name_bytes_max) {
        return refuse(ENAMETOOLONG, fmt::format("the name of a collection has at most {} bytes",
                                                collection_name_bytes_max));
    }
    VEXFS_TREE_ASSIGN(
        const json info,
        ask(service_,
            {{"op", "collection.create"}, {"collection", collection}, {"dimension", options().dimension}},
            caller));
    Node node{Role::collection, collection, 0, nullptr, nullptr};
    const auto given = info.at("schema").at("mode").get<uint32_t>();
    const uint32_t wanted = given & mode & collection_bits;
    if (wanted != given) VEXFS_TREE_TRY(change(node, {wanted, std::nullopt, std::nullopt}, caller));
    return node;
}

Outcome<void> Tree::remove_directory(const Node& directory, std::string_view name, const Caller& caller) {
    VEXFS_TREE_ASSIGN(const Node node, look_up(directory, name));
    if (!is_directory(node.role)) return refuse(ENOTDIR, "it is a file");
    if (node.role != Role::collection) return refuse(EPERM, "the directory belongs to the tree");
    VEXFS_TREE_ASSIGN(const Found found, find(node.collection));
    if (const uint64_t points = found.collection->points_state().points; points != 0) {
        return refuse(ENOTEMPTY, fmt::format("collection {} holds {} points", node.collection, points),
                      "vexfsctl collection delete takes it away with all of them");
    }
    VEXFS_TREE_TRY(ask(
        service_, {{"op", "collection.delete"}, {"collection", node.collection}, {"empty", true}}, caller));
    points_.forget(node.collection);
    const std::lock_guard lock(mutex_);
    std::erase_if(failures_, [&](const auto& entry) { return entry.first.first == node.collection; });
    return {};
}

Outcome<void> Tree::remove_file(const Node& directory, std::string_view name, const Caller& caller) {
    VEXFS_TREE_ASSIGN(const Node node, look_up(directory, name));
    if (is_directory(node.role)) return refuse(EISDIR, "it is a directory");
    if (node.role != Role::point && node.role != Role::import_file)
        return refuse(EPERM, "the file belongs to the tree");
    VEXFS_TREE_TRY(require(directory, caller, may_write_bit | may_search_bit));
    if (node.role == Role::import_file) {
        const std::lock_guard lock(mutex_);
        imports_.erase({node.collection, std::string(name)});
        return {};
    }
    VEXFS_TREE_ASSIGN(
        const json reply,
        ask(service_, {{"op", "delete"}, {"collection", node.collection}, {"ids", json::array({node.point})}},
            caller));
    if (reply.at("deleted") == 0) return refuse(ENOENT, fmt::format("there is no point {}", node.point));
    return {};
}

Outcome<void> Tree::change(const Node& node, const Change& change, const Caller& caller) {
    // As cp -p and mv want it of a file that is gone when it is closed.
    if (node.role == Role::import_file) return {};
    if (node.role != Role::collection)
        return refuse(EPERM, "owner and mode are those of the collection", "change its directory");
    json parameters = json::object();
    if (change.mode) parameters["mode"] = *change.mode & collection_bits;
    if (change.uid) parameters["uid"] = *change.uid;
    if (change.gid) parameters["gid"] = *change.gid;
    VEXFS_TREE_TRY(ask(service_,
                       {{"op", "collection.configure"},
                        {"collection", node.collection},
                        {"parameters", std::move(parameters)}},
                       caller));
    return {};
}

Outcome<std::string> Tree::point_metadata(const Node& node, const Caller& caller) {
    VEXFS_TREE_ASSIGN(
        const json reply,
        ask(service_, {{"op", "get"}, {"collection", node.collection}, {"ids", json::array({node.point})}},
            caller));
    const json& points = reply.at("points");
    if (points.empty()) return refuse(ENOENT, fmt::format("there is no point {}", node.point));
    const json& metadata = points.front().at("metadata");
    if (metadata.is_null()) return no_attribute(metadata_attribute);
    return to_text(metadata);
}

Outcome<std::string> Tree::attribute(const Node& node, std::string_view name, const Caller& caller) {
    if (node.role == Role::point && name == metadata_attribute) {
        VEXFS_TREE_TRY(require(node, caller, may_read_bit));
        return point_metadata(node, caller);
    }
    if (name == error_attribute) {
        VEXFS_TREE_TRY(require(node, caller, may_read_bit));
        const std::lock_guard lock(mutex_);
        const auto found = failures_.find({node.collection, node.role});
        if (found != failures_.end()) return found->second;
    }
    return no_attribute(name);
}

Outcome<std::vector<std::string>> Tree::attribute_names(const Node& node, const Caller& caller) {
    std::vector<std::string> names;
    for (const std::string_view name : {metadata_attribute, error_attribute}) {
        if (attribute(node, name, caller)) names.emplace_back(name);
    }
    return names;
}

Outcome<void> Tree::change_attribute(const Node& node, std::string_view name,
                                     std::optional<std::string_view> value, const Caller& caller) {
    if (node.role != Role::point || name != metadata_attribute)
        return refuse(EOPNOTSUPP,
                      fmt::format("points have {}, nothing has other attributes", metadata_attribute));
    if (!value) VEXFS_TREE_TRY(point_metadata(node, the_daemon()));
    json metadata;
    if (value) {
        VEXFS_TREE_ASSIGN(metadata, parse_object(*value));
    }
    VEXFS_TREE_TRY(ask(service_,
                       {{"op", "update_metadata"},
                        {"collection", node.collection},
                        {"id", node.point},
                        {"metadata", std::move(metadata)},
                        {"replace", true}},
                       caller));
    return {};
}

}  // namespace vexfs
