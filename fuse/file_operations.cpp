// SPDX-License-Identifier: Apache-2.0
// Operations on open files.
#include <fcntl.h>

#include "fuse/session_state.h"

namespace vexfs::fuse {
namespace {

using Opened = std::shared_ptr<OpenedFile>;

Tree::OpenAs opened_as(int flags) {
    const int access = flags & O_ACCMODE;
    return {access != O_WRONLY, access != O_RDONLY, (flags & O_TRUNC) != 0};
}

// Says how the kernel is to treat it.
void describe(const OpenFile& file, fuse_file_info& info) {
    info.keep_cache = file.never_changes() ? 1 : 0;
    info.direct_io = file.never_changes() ? 0 : 1;
    info.nonseekable = file.is_stream() ? 1 : 0;
}

// Runs what waits for requests beside what doesn't.
void run(fuse_req_t request, const OpenFile& file, std::function<void()> call) {
    if (file.may_take_long()) return run_long(request, std::move(call));
    guarded(request, call);
}

void reply_done(fuse_req_t request, const Opened& opened, uint64_t number, const Outcome<void>& done) {
    reply_after(request, opened->file->take_held_back(), [=] {
        answer_last(request, opened, number, [&] {
            if (!done) return reply_failure(request, opened->node, done.error());
            fuse_reply_err(request, 0);
        });
    });
}

// An open file under its handle; none where there is an answer already.
Opened keep(fuse_req_t request, uint64_t inode, const Node& node, const Caller& caller,
            std::unique_ptr<OpenFile> file, fuse_file_info* info) {
    const auto opened = std::make_shared<OpenedFile>(node, std::move(file));
    describe(*opened->file, *info);
    opened->handle = info->fh = note_opened(request, inode, node, info->flags, caller);
    if (opened->handle == 0) return nullptr;
    Session::State& state = state_of(request);
    if (!opened->file->never_changes() && opened->file->midway())
        state.ledger->begin(opened->handle, request_number());
    state.files.put(opened->handle, opened);
    return opened;
}

void end_file(Session::State& state, uint64_t handle) {
    state.files.remove(handle);
    state.ledger->erase(handle);
}

// Each thread reads into memory of its own, which stays.
std::span<std::byte> scratch(size_t size) {
    thread_local std::vector<std::byte> memory;
    if (memory.size() < size) memory.resize(size);
    return std::span(memory).first(size);
}

}  // namespace

void open_file(fuse_req_t request, fuse_ino_t number, fuse_file_info* info) {
    const auto node = node_of(request, number);
    if (!node) return;
    guarded(request, [&] {
        Session::State& state = state_of(request);
        const Tree::OpenAs as = opened_as(info->flags);
        const Caller caller = caller_of(request);
        auto file = state.tree.open(*node, caller, as);
        if (!file) return reply_failure(request, *node, file.error());
        if (as.truncate && !(*file)->is_stream() && state.leaving) return hold(request);
        if (as.truncate) {
            if (auto truncated = (*file)->truncate(0); !truncated)
                return reply_failure(request, *node, truncated.error());
        }
        const auto opened = keep(request, number, *node, caller, std::move(*file), info);
        // Whoever was to have it was interrupted: nobody will close it.
        if (opened && fuse_reply_open(request, info) != 0) end_file(state, info->fh);
    });
}

void create_file(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, fuse_file_info* info) {
    const auto directory = node_of(request, parent);
    if (!directory) return;
    guarded(request, [&] {
        Session::State& state = state_of(request);
        if (state.leaving) return hold(request);
        const Caller caller = caller_of(request);
        auto created = state.tree.create(*directory, name, mode, caller, opened_as(info->flags));
        if (!created) return reply_failure(request, *directory, created.error());
        auto entry = entry_of(state, created->node);
        if (!entry) return reply_failure(request, *directory, entry.error());
        const auto opened = keep(request, entry->ino, created->node, caller, std::move(created->file), info);
        if (opened && fuse_reply_create(request, &*entry, info) == 0) return;
        if (opened) end_file(state, info->fh);
        state.nodes.forget(entry->ino, 1);
    });
}

void read_file(fuse_req_t request, fuse_ino_t, size_t size, off_t offset, fuse_file_info* info) {
    const Opened opened = opened_of(request, info->fh, false);
    if (!opened) return;
    run(request, *opened->file, [=, number = request_number()] {
        const std::span<std::byte> bytes = scratch(size);
        const auto got = opened->file->read(static_cast<uint64_t>(offset), bytes);
        const auto held_back = opened->file->take_held_back();
        const auto reply = [=](const char* data) {
            answer_last(request, opened, number, [&] {
                if (!got) return reply_failure(request, opened->node, got.error());
                fuse_reply_buf(request, data, *got);
            });
        };
        if (held_back.count() == 0 || !got) return reply(reinterpret_cast<const char*>(bytes.data()));
        const std::string data(reinterpret_cast<const char*>(bytes.data()), *got);
        reply_after(request, held_back, [=] { reply(data.data()); });
    });
}

void write_file(fuse_req_t request, fuse_ino_t, const char* data, size_t size, off_t offset,
                fuse_file_info* info) {
    const Opened opened = opened_of(request, info->fh, true);
    if (!opened) return;
    guarded(request, [&] {
        if (!begins(request, *opened)) return;
        const uint64_t number = request_number();
        const auto bytes = std::as_bytes(std::span(data, size));
        const auto put = opened->file->write(static_cast<uint64_t>(offset), bytes);
        // Of what another request has in work nothing can be said before it is done.
        if (!put && put.error().number == EBUSY) return reply_failure(request, opened->node, put.error());
        reply_after(request, opened->file->take_held_back(), [=] {
            answer_last(request, opened, number, [&] {
                if (!put) return reply_failure(request, opened->node, put.error());
                fuse_reply_write(request, *put);
            });
        });
    });
}

void flush_file(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
    // Closing what can't be opened again fails where something is lost with it.
    if (const Opened gone = state_of(request).files.find(info->fh);
        gone && gone->failure && gone->inherited == Effect::none().bits()) {
        fuse_reply_err(request, 0);
        return;
    }
    const Opened opened = opened_of(request, info->fh, false);
    if (!opened) return;
    const auto call = [=, number = request_number()] {
        reply_done(request, opened, number, opened->file->flush());
    };
    if (opened->file->flush_waits()) return run_patiently(request, call);
    run(request, *opened->file, call);
}

void sync_file(fuse_req_t request, fuse_ino_t, int, fuse_file_info* info) {
    const Opened opened = opened_of(request, info->fh, false);
    if (!opened) return;
    run(request, *opened->file,
        [=, number = request_number()] { reply_done(request, opened, number, opened->file->sync()); });
}

void release_file(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
    end_file(state_of(request), info->fh);
    fuse_reply_err(request, 0);
}

}  // namespace vexfs::fuse
