// SPDX-License-Identifier: Apache-2.0
// Operations on open files and directories.
#include <fcntl.h>

#include <cstring>

#include "vexfsd/channel/session_state.h"

namespace vexfs::channel {
namespace {

using OpenedPtr = std::shared_ptr<Opened>;

constexpr size_t entries_at_once = 1024;

Tree::OpenAs opened_as(uint32_t flags) {
    const uint32_t access = flags & O_ACCMODE;
    return {access != O_WRONLY, access != O_RDONLY, false};
}

bool takes_calls(Role role) {
    return role == Role::call || role == Role::any_call;
}

vexfs_opened describe(Session::State& state, OpenedPtr opened) {
    vexfs_opened told{};
    if (opened->file && opened->file->is_stream()) told.flags |= VEXFS_OPENED_STREAM;
    if (opened->file && opened->file->never_changes()) told.flags |= VEXFS_OPENED_UNCHANGING;
    if (takes_calls(opened->node.role)) told.flags |= VEXFS_OPENED_CALL;
    if (opened->file) told.row_bytes = opened->file->row_bytes();
    told.handle = state.opened.add(std::move(opened));
    return told;
}

// What the module reads by itself, as the data of a reply; true where there is such.
bool put_backing(const OpenFile& file, vexfs_reply& reply) {
    const auto backing = file.never_changes() ? file.backing(VEXFS_PIECES_MAX) : std::nullopt;
    if (!backing || backing->head.size() > VEXFS_HEAD_BYTES_MAX) return false;
    const std::span<std::byte> bytes =
        Asked::scratch(backing->head.size() + backing->pieces.size() * sizeof(vexfs_piece));
    std::memcpy(bytes.data(), backing->head.data(), backing->head.size());
    std::byte* to = bytes.data() + backing->head.size();
    for (const auto& each : backing->pieces) {
        const vexfs_piece piece{reinterpret_cast<uint64_t>(each.data()), each.size()};
        std::memcpy(to, &piece, sizeof piece);
        to += sizeof piece;
    }
    reply.data = reinterpret_cast<uint64_t>(bytes.data());
    reply.data_bytes = static_cast<uint32_t>(bytes.size());
    reply.count = backing->head.size();
    return true;
}

// The open file, or an answer of EBADF and none.
OpenedPtr opened_of(const Asked& asked, const Request& request) {
    OpenedPtr opened = asked.state().opened.find(request.header.handle);
    if (opened && opened->file) return opened;
    asked.failed(EBADF);
    return nullptr;
}

// Runs what waits for requests beside what doesn't.
void run(const Asked& asked, const OpenFile& file, std::function<void()> call) {
    if (file.may_take_long()) return asked.run_long(std::move(call));
    asked.guarded(call);
}

void answer_done(const Asked& asked, const OpenedPtr& opened, const Outcome<void>& done) {
    asked.after(opened->file->take_held_back(), [=] {
        if (!done) return asked.failed(opened->node, done.error());
        asked.done();
    });
}

// No more memory than there is to read: a program says how much room it has, and it need not be true.
std::span<std::byte> grown(size_t have, size_t want) {
    constexpr size_t piece = size_t{1} << 20;
    return Asked::more_scratch(std::min(want, have + piece));
}

// The reply to a request, as far as there is room for it.
Outcome<std::span<std::byte>> read_reply(OpenFile& file, size_t room) {
    Asked::scratch(0);
    size_t done = 0;
    while (done < room) {
        const std::span<std::byte> bytes = grown(done, room);
        VEXFS_TREE_ASSIGN(const size_t got, file.read(0, bytes.subspan(done)));
        done += got;
        if (done < bytes.size() || !file.midway()) break;
    }
    return Asked::more_scratch(done).first(done);
}

void answer_read(const Asked& asked, const OpenedPtr& opened, const Outcome<std::span<std::byte>>& bytes) {
    if (!bytes) return asked.failed(opened->node, bytes.error());
    const uint64_t count = opened->file->midway() ? VEXFS_COUNT_MIDWAY : 0;
    const auto hold = opened->file->take_hold();
    const auto held_back = opened->file->take_held_back();
    if (held_back.count() == 0) return asked.data(*bytes, count, hold);
    const std::vector<std::byte> copy(bytes->begin(), bytes->end());
    asked.after(held_back, [=] { asked.data(copy, count, hold); });
}

// Puts an entry into the bytes, where there is room for it.
bool put_entry(std::span<std::byte> bytes, size_t& used, const DirectoryEntry& entry) {
    constexpr size_t unit = 8;
    const size_t needed = (sizeof(vexfs_dirent) + entry.name.size() + unit - 1) / unit * unit;
    if (needed > bytes.size() - used) return false;
    vexfs_dirent head{};
    head.number = number_of(entry.node);
    head.next = entry.next;
    head.name_bytes = static_cast<uint16_t>(entry.name.size());
    head.directory = is_directory(entry.node.role) ? 1 : 0;
    std::memset(bytes.data() + used, 0, needed);
    std::memcpy(bytes.data() + used, &head, sizeof head);
    std::memcpy(bytes.data() + used + sizeof head, entry.name.data(), entry.name.size());
    used += needed;
    return true;
}

size_t put_entries(std::span<std::byte> bytes, const OpenDirectory& directory, uint64_t position) {
    size_t used = 0;
    while (true) {
        const auto some = directory.entries(position, entries_at_once);
        if (some.empty()) return used;
        for (const DirectoryEntry& entry : some) {
            if (!put_entry(bytes, used, entry)) return used;
        }
        position = some.back().next;
    }
}

}  // namespace

void open(const Asked& asked, const Request& request, const Node& node) {
    Session::State& state = asked.state();
    auto opened = std::make_shared<Opened>(node, asked.caller());
    if (is_directory(node.role)) {
        auto directory = state.tree.open_directory(node, asked.caller());
        if (!directory) return asked.failed(node, directory.error());
        opened->directory = std::move(*directory);
    } else {
        auto file = state.tree.open(node, asked.caller(), opened_as(request.header.flags));
        if (!file) return asked.failed(node, file.error());
        opened->file = std::move(*file);
    }
    vexfs_reply reply{};
    const bool backed = opened->file && put_backing(*opened->file, reply);
    reply.opened = describe(state, std::move(opened));
    if (backed) reply.opened.flags |= VEXFS_OPENED_BACKED;
    asked.done(reply);
}

void create(const Asked& asked, const Request& request, const Node& node) {
    Session::State& state = asked.state();
    auto created = state.tree.create(node, request.name, request.header.mode, asked.caller(),
                                     opened_as(request.header.flags));
    if (!created) return asked.failed(node, created.error());
    const auto entry = entry_of(state, created->node);
    if (!entry) return asked.failed(node, entry.error());
    auto opened = std::make_shared<Opened>(created->node, asked.caller());
    opened->file = std::move(created->file);
    vexfs_reply reply{};
    reply.entry = *entry;
    reply.opened = describe(state, std::move(opened));
    asked.done(reply);
}

void read(const Asked& asked, const Request& request) {
    const OpenedPtr opened = opened_of(asked, request);
    if (!opened) return;
    run(asked, *opened->file, [=, offset = request.header.offset, size = request.header.size] {
        const std::span<std::byte> bytes = Asked::scratch(size);
        const auto got = opened->file->read(offset, bytes);
        answer_read(asked, opened, got.map([&](size_t count) { return bytes.first(count); }));
    });
}

void write(const Asked& asked, const Request& request) {
    const OpenedPtr opened = opened_of(asked, request);
    if (!opened) return;
    const auto put = opened->file->write(request.header.offset, request.data);
    if (!put) return asked.failed(opened->node, put.error());
    asked.after(opened->file->take_held_back(), [=, count = *put] {
        vexfs_reply reply{};
        reply.count = count;
        asked.done(reply);
    });
}

void call(const Asked& asked, const Request& request) {
    const OpenedPtr opened = opened_of(asked, request);
    if (!opened) return;
    const auto answer = [=, size = request.header.size] {
        answer_read(asked, opened, read_reply(*opened->file, size));
    };
    // At once, of the bytes where they are; else of a copy.
    const auto ask = [&] {
        const auto put = opened->file->write_request(request.data);
        if (!put) return asked.failed(opened->node, put.error());
        answer();
    };
    if (asked.try_run_long(ask)) return;
    const auto put = opened->file->write(0, request.data);
    if (!put) return asked.failed(opened->node, put.error());
    asked.run_long(answer);
}

void flush(const Asked& asked, const Request& request) {
    const OpenedPtr opened = opened_of(asked, request);
    if (!opened) return;
    const auto flushing = [=] { answer_done(asked, opened, opened->file->flush()); };
    if (opened->file->flush_waits()) return asked.run_patiently(flushing);
    run(asked, *opened->file, flushing);
}

void sync(const Asked& asked, const Request& request) {
    const OpenedPtr opened = opened_of(asked, request);
    if (!opened) return;
    run(asked, *opened->file, [=] { answer_done(asked, opened, opened->file->sync()); });
}

void release(const Asked& asked, const Request& request) {
    asked.state().opened.remove(request.header.handle);
    asked.done();
}

void list(const Asked& asked, const Request& request) {
    const OpenedPtr opened = asked.state().opened.find(request.header.handle);
    if (!opened || opened->file) return asked.failed(EBADF);
    const std::lock_guard lock(opened->mutex);
    // From its beginning, it is what is there now.
    if (request.header.offset == 0) {
        auto directory = asked.state().tree.open_directory(opened->node, opened->caller);
        if (!directory) return asked.failed(opened->node, directory.error());
        opened->directory = std::move(*directory);
    }
    const std::span<std::byte> bytes = Asked::scratch(request.header.size);
    asked.data(bytes.first(put_entries(bytes, *opened->directory, request.header.offset)));
}

}  // namespace vexfs::channel
