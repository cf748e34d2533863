// SPDX-License-Identifier: Apache-2.0
// Listing of directories.
#include <sys/stat.h>

#include <functional>

#include "fuse/session_state.h"

namespace vexfs::fuse {
namespace {

constexpr size_t entries_at_once = 1024;
// Offsets of the listing: "." at 0, ".." at 1, and from here on the positions of the tree.
constexpr uint64_t first_offset = 2;

Node parent_of(const Node& node) {
    if (node.role == Role::root || node.role == Role::collection || node.role == Role::control) return {};
    return {Role::collection, node.collection, 0, nullptr, nullptr};
}

struct Listed {
    std::string name;
    Node node;
    off_t next;
};

// What is listed from an offset on: at the beginning, what is there now.
Outcome<std::shared_ptr<const OpenDirectory>> listing_of(Tree& tree, OpenedDirectory& opened, off_t offset) {
    const std::lock_guard lock(opened.mutex);
    if (offset == 0 || !opened.directory) {
        VEXFS_TREE_ASSIGN(opened.directory, tree.open_directory(opened.node, opened.caller));
    }
    return opened.directory;
}

// Gives entries to `add` from an offset on, until it takes no more or there are no more.
void list(const Node& node, const OpenDirectory& directory, uint64_t offset,
          const std::function<bool(const Listed&)>& add) {
    if (offset == 0 && !add({".", node, 1})) return;
    if (offset <= 1 && !add({"..", parent_of(node), static_cast<off_t>(first_offset)})) return;
    uint64_t position = offset < first_offset ? 0 : offset - first_offset;
    while (true) {
        const auto some = directory.entries(position, entries_at_once);
        if (some.empty()) return;
        for (const DirectoryEntry& entry : some) {
            if (!add({entry.name, entry.node, static_cast<off_t>(entry.next + first_offset)})) return;
        }
        position = some.back().next;
    }
}

bool is_dots(const std::string& name) {
    return name == "." || name == "..";
}

// What a listing says without a look-up. Of points there are many, and of points as files only a look-up
// tells the state.
fuse_entry_param plain_entry(const Node& node) {
    fuse_entry_param entry{};
    entry.attr.st_ino = number_of(node);
    entry.attr.st_mode = is_directory(node.role) ? S_IFDIR : S_IFREG;
    return entry;
}

fuse_entry_param listed_entry(Session::State& state, const Listed& listed) {
    const Role role = listed.node.role;
    if (is_dots(listed.name) || role == Role::point || shows_points(role)) return plain_entry(listed.node);
    const auto entry = entry_of(state, listed.node);
    return entry ? *entry : plain_entry(listed.node);
}

void list(fuse_req_t request, size_t size, off_t offset, const fuse_file_info* info, bool plus) {
    Session::State& state = state_of(request);
    const auto opened = state.directories.find(info->fh);
    if (!opened) {
        fuse_reply_err(request, EBADF);
        return;
    }
    const auto directory = listing_of(state.tree, *opened, offset);
    if (!directory) return reply_failure(request, opened->node, directory.error());
    std::vector<char> buffer(size);
    size_t used = 0;
    list(opened->node, **directory, static_cast<uint64_t>(offset), [&](const Listed& listed) {
        const fuse_entry_param entry = plus ? listed_entry(state, listed) : plain_entry(listed.node);
        char* const place = buffer.data() + used;
        const size_t needed = plus ? fuse_add_direntry_plus(request, place, size - used, listed.name.c_str(),
                                                            &entry, listed.next)
                                   : fuse_add_direntry(request, place, size - used, listed.name.c_str(),
                                                       &entry.attr, listed.next);
        if (needed > size - used) {
            if (entry.ino != 0) state.nodes.forget(entry.ino, 1);
            return false;
        }
        used += needed;
        return true;
    });
    fuse_reply_buf(request, buffer.data(), used);
}

void end_listing(Session::State& state, uint64_t handle) {
    state.directories.remove(handle);
    state.ledger->erase(handle);
}

}  // namespace

void open_directory(fuse_req_t request, fuse_ino_t number, fuse_file_info* info) {
    const auto node = node_of(request, number);
    if (!node) return;
    guarded(request, [&] {
        Session::State& state = state_of(request);
        const Caller caller = caller_of(request);
        if (auto allowed = state.tree.open_directory(*node, caller); !allowed)
            return reply_failure(request, *node, allowed.error());
        info->fh = note_opened(request, number, *node, info->flags, caller);
        if (info->fh == 0) return;
        state.directories.put(info->fh, std::make_shared<OpenedDirectory>(*node, caller));
        if (fuse_reply_open(request, info) != 0) end_listing(state, info->fh);
    });
}

void read_directory(fuse_req_t request, fuse_ino_t, size_t size, off_t offset, fuse_file_info* info) {
    guarded(request, [&] { list(request, size, offset, info, false); });
}

void read_directory_plus(fuse_req_t request, fuse_ino_t, size_t size, off_t offset, fuse_file_info* info) {
    guarded(request, [&] { list(request, size, offset, info, true); });
}

void release_directory(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
    end_listing(state_of(request), info->fh);
    fuse_reply_err(request, 0);
}

}  // namespace vexfs::fuse
