// SPDX-License-Identifier: Apache-2.0
// Operations on names and attributes.
#include <sys/xattr.h>

#include "vexfsd/channel/session_state.h"

namespace vexfs::channel {
namespace {

void answer_entry(const Asked& asked, const Node& node) {
    const auto entry = entry_of(asked.state(), node);
    if (!entry) return asked.failed(node, entry.error());
    vexfs_reply reply{};
    reply.entry = *entry;
    asked.done(reply);
}

void answer_done(const Asked& asked, const Node& node, const Outcome<void>& done) {
    if (!done) return asked.failed(node, done.error());
    asked.done();
}

// As getxattr(2) and listxattr(2) want it.
void answer_sized(const Asked& asked, const Request& request, const std::string& bytes) {
    if (bytes.size() > request.header.size) return asked.failed(ERANGE);
    const std::span<std::byte> place = Asked::scratch(bytes.size());
    std::ranges::copy(std::as_bytes(std::span(bytes)), place.begin());
    asked.data(place);
}

// The file that is open, or one that is opened for it.
Outcome<void> truncate(const Asked& asked, const Node& node, uint64_t handle, uint64_t bytes) {
    Session::State& state = asked.state();
    if (handle != 0) {
        const auto opened = state.opened.find(handle);
        if (!opened || !opened->file) return refuse(EBADF, "the file is not open");
        return opened->file->truncate(bytes);
    }
    VEXFS_TREE_ASSIGN(const auto file, state.tree.open(node, asked.caller(), {false, true, false}));
    VEXFS_TREE_TRY(file->truncate(bytes));
    return file->flush();
}

}  // namespace

void look_up(const Asked& asked, const Request& request, const Node& node) {
    const auto found = asked.state().tree.look_up(node, request.name);
    if (!found) return asked.failed(found.error().number);
    answer_entry(asked, *found);
}

void get_attributes(const Asked& asked, const Request&, const Node& node) {
    answer_entry(asked, node);
}

void set_attributes(const Asked& asked, const Request& request, const Node& node) {
    asked.run_long([=, header = request.header] {
        Tree::Change change;
        if ((header.valid & VEXFS_SET_MODE) != 0) change.mode = header.mode;
        if ((header.valid & VEXFS_SET_UID) != 0) change.uid = header.new_uid;
        if ((header.valid & VEXFS_SET_GID) != 0) change.gid = header.new_gid;
        Outcome<void> done;
        if (change.mode || change.uid || change.gid)
            done = asked.state().tree.change(node, change, asked.caller());
        if (done && (header.valid & VEXFS_SET_SIZE) != 0)
            done = truncate(asked, node, header.handle, header.size);
        if (!done) return asked.failed(node, done.error());
        answer_entry(asked, node);
    });
}

void make_directory(const Asked& asked, const Request& request, const Node& node) {
    asked.run_long([=, name = std::string(request.name), mode = request.header.mode] {
        const auto made = asked.state().tree.make_directory(node, name, mode, asked.caller());
        if (!made) return asked.failed(node, made.error());
        answer_entry(asked, *made);
    });
}

void remove_directory(const Asked& asked, const Request& request, const Node& node) {
    asked.run_long([=, name = std::string(request.name)] {
        answer_done(asked, node, asked.state().tree.remove_directory(node, name, asked.caller()));
    });
}

void remove_file(const Asked& asked, const Request& request, const Node& node) {
    asked.run_long([=, name = std::string(request.name)] {
        answer_done(asked, node, asked.state().tree.remove_file(node, name, asked.caller()));
    });
}

void get_attribute(const Asked& asked, const Request& request, const Node& node) {
    const auto value = asked.state().tree.attribute(node, request.name, asked.caller());
    // That there is none is no failure of the file's.
    if (!value) return asked.failed(value.error().number);
    answer_sized(asked, request, *value);
}

void list_attributes(const Asked& asked, const Request& request, const Node& node) {
    const auto names = asked.state().tree.attribute_names(node, asked.caller());
    if (!names) return asked.failed(node, names.error());
    std::string list;
    for (const std::string& name : *names) list += name + '\0';
    answer_sized(asked, request, list);
}

void set_attribute(const Asked& asked, const Request& request, const Node& node) {
    const std::string value(reinterpret_cast<const char*>(request.data.data()), request.data.size());
    asked.run_long([=, name = std::string(request.name), flags = request.header.flags] {
        Tree& tree = asked.state().tree;
        if (flags != 0) {
            const bool there = tree.attribute(node, name, asked.caller()).has_value();
            if (there && (flags & XATTR_CREATE) != 0) return asked.failed(EEXIST);
            if (!there && (flags & XATTR_REPLACE) != 0) return asked.failed(ENODATA);
        }
        answer_done(asked, node, tree.change_attribute(node, name, value, asked.caller()));
    });
}

void remove_attribute(const Asked& asked, const Request& request, const Node& node) {
    asked.run_long([=, name = std::string(request.name)] {
        answer_done(asked, node,
                    asked.state().tree.change_attribute(node, name, std::nullopt, asked.caller()));
    });
}

void get_space(const Asked& asked, const Request&, const Node& node) {
    const auto space = asked.state().tree.space();
    if (!space) return asked.failed(node, space.error());
    const std::span<std::byte> place = Asked::scratch(sizeof(vexfs_space));
    const vexfs_space told{space->f_frsize, space->f_blocks, space->f_bfree,
                           space->f_bavail, space->f_files,  space->f_ffree};
    std::ranges::copy(std::as_bytes(std::span(&told, 1)), place.begin());
    asked.data(place);
}

}  // namespace vexfs::channel
