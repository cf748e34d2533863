// SPDX-License-Identifier: Apache-2.0
// Which operation a request asks for, and what it is about.
#include "vexfsd/channel/entry.h"
#include "vexfsd/channel/session_state.h"
#include "vexfsd/tree/kinds.h"

namespace vexfs::channel {
namespace {

bool is_remembered(Role role) {
    return shows_points(role) || role == Role::import_file;
}

// Of what only a look-up tells, that is what is known; where it was forgotten, or told by an earlier daemon,
// and is the same still, it is found by its name.
std::optional<Node> remembered(Session::State& state, uint64_t number, Node node) {
    if (auto known = state.known.find(number)) return known;
    if (node.role == Role::import_file) return std::nullopt;
    const Node directory{Role::collection, node.collection, 0, nullptr, nullptr};
    auto found = state.tree.look_up(directory, name_of(node.role));
    if (!found || number_of(*found) != number) return std::nullopt;
    return std::move(*found);
}

void serve_node(const Asked& asked, const Request& request) {
    const auto node = node_of(asked, request);
    if (!node) return;
    switch (request.header.op) {
        case VEXFS_OP_LOOKUP: return look_up(asked, request, *node);
        case VEXFS_OP_GETATTR: return get_attributes(asked, request, *node);
        case VEXFS_OP_SETATTR: return set_attributes(asked, request, *node);
        case VEXFS_OP_OPEN: return open(asked, request, *node);
        case VEXFS_OP_CREATE: return create(asked, request, *node);
        case VEXFS_OP_MKDIR: return make_directory(asked, request, *node);
        case VEXFS_OP_RMDIR: return remove_directory(asked, request, *node);
        case VEXFS_OP_UNLINK: return remove_file(asked, request, *node);
        case VEXFS_OP_GETXATTR: return get_attribute(asked, request, *node);
        case VEXFS_OP_LISTXATTR: return list_attributes(asked, request, *node);
        case VEXFS_OP_SETXATTR: return set_attribute(asked, request, *node);
        case VEXFS_OP_REMOVEXATTR: return remove_attribute(asked, request, *node);
        case VEXFS_OP_STATFS: return get_space(asked, request, *node);
        default: return asked.failed(ENOSYS);
    }
}

void serve_opened(const Asked& asked, const Request& request) {
    switch (request.header.op) {
        case VEXFS_OP_READ: return read(asked, request);
        case VEXFS_OP_WRITE: return write(asked, request);
        case VEXFS_OP_CALL: return call(asked, request);
        case VEXFS_OP_FLUSH: return flush(asked, request);
        case VEXFS_OP_FSYNC: return sync(asked, request);
        case VEXFS_OP_RELEASE: return release(asked, request);
        case VEXFS_OP_READDIR: return list(asked, request);
        default: return serve_node(asked, request);
    }
}

}  // namespace

void serve(Session::State& state, const Request& request) {
    const Asked asked(state, request);
    asked.guarded([&] { serve_opened(asked, request); });
}

std::optional<Node> node_of(const Asked& asked, const Request& request) {
    const auto role = role_of(request.header.kind);
    std::optional<Node> node;
    if (role) node = Node{*role, std::string(request.collection), request.header.point, nullptr, nullptr};
    if (role && is_remembered(*role)) node = remembered(asked.state(), request.header.number, *node);
    if (!node) asked.failed(ESTALE);
    return node;
}

Outcome<vexfs_entry> entry_of(Session::State& state, const Node& node) {
    VEXFS_TREE_ASSIGN(const Attributes attributes, state.tree.attributes(node));
    if (is_remembered(node.role)) state.known.remember(attributes.number, node);
    return to_entry(node, attributes);
}

}  // namespace vexfs::channel
