// SPDX-License-Identifier: Apache-2.0
// Operations on names and attributes.
#include <sys/stat.h>
#include <sys/xattr.h>

#include "fuse/session_state.h"

namespace vexfs::fuse {
namespace {

constexpr uint32_t permission_bits = 07777;

void reply_entry(fuse_req_t request, const Node& node) {
    Session::State& state = state_of(request);
    auto entry = entry_of(state, node);
    if (!entry) return reply_failure(request, node, entry.error());
    // The kernel that didn't get it doesn't forget it.
    if (fuse_reply_entry(request, &*entry) != 0) state.nodes.forget(entry->ino, 1);
}

void reply_done(fuse_req_t request, const Node& node, const Outcome<void>& done) {
    if (!done) return reply_failure(request, node, done.error());
    fuse_reply_err(request, 0);
}

// What is asked for again and is gone was removed the first time.
void reply_removed(fuse_req_t request, const Node& directory, bool resent, const Outcome<void>& done) {
    const bool gone = resent && !done && done.error().number == ENOENT;
    reply_done(request, directory, gone ? Outcome<void>() : done);
}

// As getxattr(2) and listxattr(2) want it: the size where none is given, ERANGE where it doesn't do.
void reply_sized(fuse_req_t request, const std::string& bytes, size_t size) {
    if (size == 0) {
        fuse_reply_xattr(request, bytes.size());
    } else if (bytes.size() > size) {
        fuse_reply_err(request, ERANGE);
    } else {
        fuse_reply_buf(request, bytes.data(), bytes.size());
    }
}

void reply_attributes(fuse_req_t request, fuse_ino_t number, const Node& node) {
    const auto attributes = state_of(request).tree.attributes(node);
    if (!attributes) return reply_failure(request, node, attributes.error());
    struct stat status = stat_of(*attributes, node.role);
    status.st_ino = number;
    fuse_reply_attr(request, &status, 0);
}

// The file that is open, or one that is opened for it.
Outcome<void> truncate(fuse_req_t request, const Node& node, const std::shared_ptr<OpenedFile>& opened,
                       uint64_t bytes) {
    Session::State& state = state_of(request);
    if (opened) return opened->file->truncate(bytes);
    VEXFS_TREE_ASSIGN(const auto file, state.tree.open(node, caller_of(request), {false, true, false}));
    VEXFS_TREE_TRY(file->truncate(bytes));
    return file->flush();
}

}  // namespace

void look_up(fuse_req_t request, fuse_ino_t parent, const char* name) {
    guarded(request, [&] {
        const auto directory = node_of(request, parent);
        if (!directory) return;
        const auto node = state_of(request).tree.look_up(*directory, name);
        if (!node) {
            fuse_reply_err(request, node.error().number);
            return;
        }
        reply_entry(request, *node);
    });
}

void forget(fuse_req_t request, fuse_ino_t number, uint64_t lookups) {
    state_of(request).nodes.forget(number, lookups);
    fuse_reply_none(request);
}

void forget_several(fuse_req_t request, size_t count, fuse_forget_data* forgets) {
    for (size_t i = 0; i < count; ++i) state_of(request).nodes.forget(forgets[i].ino, forgets[i].nlookup);
    fuse_reply_none(request);
}

void get_attributes(fuse_req_t request, fuse_ino_t number, fuse_file_info*) {
    guarded(request, [&] {
        const auto node = node_of(request, number);
        if (node) reply_attributes(request, number, *node);
    });
}

void set_attributes(fuse_req_t request, fuse_ino_t number, struct stat* wanted, int which,
                    fuse_file_info* info) {
    const auto node = node_of(request, number);
    if (!node) return;
    const struct stat status = *wanted;
    std::shared_ptr<OpenedFile> opened;
    if (info != nullptr && (which & FUSE_SET_ATTR_SIZE) != 0) {
        opened = opened_of(request, info->fh, true);
        if (!opened || (!opened->file->is_stream() && !begins(request, *opened))) return;
    }
    run_long(request, [=, node = *node, asked = request_number()] {
        Session::State& state = state_of(request);
        Tree::Change change;
        if ((which & FUSE_SET_ATTR_MODE) != 0) change.mode = status.st_mode & permission_bits;
        if ((which & FUSE_SET_ATTR_UID) != 0) change.uid = status.st_uid;
        if ((which & FUSE_SET_ATTR_GID) != 0) change.gid = status.st_gid;
        Outcome<void> done;
        if (change.mode || change.uid || change.gid)
            done = state.tree.change(node, change, caller_of(request));
        if (done && (which & FUSE_SET_ATTR_SIZE) != 0) {
            done = truncate(request, node, opened, static_cast<uint64_t>(status.st_size));
        }
        // Times are the tree's own: setting them is no error, and changes nothing.
        const auto reply = [&] {
            if (!done) return reply_failure(request, node, done.error());
            reply_attributes(request, number, node);
        };
        if (!opened) return reply();
        answer_last(request, opened, asked, reply);
    });
}

void make_directory(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode) {
    const auto directory = node_of(request, parent);
    if (!directory) return;
    run_long(request, [=, directory = *directory, name = std::string(name), resent = is_resent()] {
        const auto made = state_of(request).tree.make_directory(directory, name, mode, caller_of(request));
        // Perhaps it was made by the same request, with the daemon that was killed.
        if (!made && made.error().number == EEXIST && resent)
            return void(fuse_reply_err(request, ECONNRESET));
        if (!made) return reply_failure(request, directory, made.error());
        reply_entry(request, *made);
    });
}

void remove_directory(fuse_req_t request, fuse_ino_t parent, const char* name) {
    const auto directory = node_of(request, parent);
    if (!directory) return;
    run_long(request, [=, directory = *directory, name = std::string(name), resent = is_resent()] {
        reply_removed(request, directory, resent,
                      state_of(request).tree.remove_directory(directory, name, caller_of(request)));
    });
}

void remove_file(fuse_req_t request, fuse_ino_t parent, const char* name) {
    const auto directory = node_of(request, parent);
    if (!directory) return;
    run_long(request, [=, directory = *directory, name = std::string(name), resent = is_resent()] {
        reply_removed(request, directory, resent,
                      state_of(request).tree.remove_file(directory, name, caller_of(request)));
    });
}

void get_attribute(fuse_req_t request, fuse_ino_t number, const char* name, size_t size) {
    guarded(request, [&] {
        const auto node = node_of(request, number);
        if (!node) return;
        const auto value = state_of(request).tree.attribute(*node, name, caller_of(request));
        // That there is none is no failure of the file's.
        if (!value) {
            fuse_reply_err(request, value.error().number);
        } else {
            reply_sized(request, *value, size);
        }
    });
}

void list_attributes(fuse_req_t request, fuse_ino_t number, size_t size) {
    guarded(request, [&] {
        const auto node = node_of(request, number);
        if (!node) return;
        const auto names = state_of(request).tree.attribute_names(*node, caller_of(request));
        if (!names) return reply_failure(request, *node, names.error());
        std::string list;
        for (const std::string& name : *names) list += name + '\0';
        reply_sized(request, list, size);
    });
}

void set_attribute(fuse_req_t request, fuse_ino_t number, const char* name, const char* value, size_t size,
                   int flags) {
    const auto node = node_of(request, number);
    if (!node) return;
    run_long(request, [=, node = *node, name = std::string(name), value = std::string(value, size)] {
        Tree& tree = state_of(request).tree;
        const Caller caller = caller_of(request);
        if (flags != 0) {
            const bool there = tree.attribute(node, name, caller).has_value();
            if (there && (flags & XATTR_CREATE) != 0) return void(fuse_reply_err(request, EEXIST));
            if (!there && (flags & XATTR_REPLACE) != 0) return void(fuse_reply_err(request, ENODATA));
        }
        reply_done(request, node, tree.change_attribute(node, name, value, caller));
    });
}

void remove_attribute(fuse_req_t request, fuse_ino_t number, const char* name) {
    const auto node = node_of(request, number);
    if (!node) return;
    run_long(request, [=, node = *node, name = std::string(name)] {
        reply_done(request, node,
                   state_of(request).tree.change_attribute(node, name, std::nullopt, caller_of(request)));
    });
}

void get_space(fuse_req_t request, fuse_ino_t) {
    const auto space = state_of(request).tree.space();
    if (!space) return reply_failure(request, Node{}, space.error());
    fuse_reply_statfs(request, &*space);
}

}  // namespace vexfs::fuse
