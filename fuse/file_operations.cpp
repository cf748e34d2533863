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

// The open file, or an answer of EBADF and none.
Opened opened_of(fuse_req_t request, const fuse_file_info* info) {
    Opened opened = state_of(request).files.find(info->fh);
    if (!opened) fuse_reply_err(request, EBADF);
    return opened;
}

// Runs what waits for requests beside what doesn't.
void run(fuse_req_t request, const OpenFile& file, std::function<void()> call) {
    if (file.may_take_long()) return run_long(request, std::move(call));
    guarded(request, call);
}

void reply_done(fuse_req_t request, const Opened& opened, const Outcome<void>& done) {
    reply_after(request, opened->file->take_held_back(), [=] {
        if (!done) return reply_failure(request, opened->node, done.error());
        fuse_reply_err(request, 0);
    });
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
        auto file = state.tree.open(*node, caller_of(request), as);
        if (!file) return reply_failure(request, *node, file.error());
        if (as.truncate) {
            if (auto truncated = (*file)->truncate(0); !truncated)
                return reply_failure(request, *node, truncated.error());
        }
        describe(**file, *info);
        info->fh = state.files.add(std::make_shared<OpenedFile>(OpenedFile{*node, std::move(*file)}));
        // Whoever was to have it was interrupted: nobody will close it.
        if (fuse_reply_open(request, info) != 0) state.files.remove(info->fh);
    });
}

void create_file(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, fuse_file_info* info) {
    const auto directory = node_of(request, parent);
    if (!directory) return;
    guarded(request, [&] {
        Session::State& state = state_of(request);
        auto created = state.tree.create(*directory, name, mode, caller_of(request), opened_as(info->flags));
        if (!created) return reply_failure(request, *directory, created.error());
        auto entry = entry_of(state, created->node);
        if (!entry) return reply_failure(request, *directory, entry.error());
        describe(*created->file, *info);
        info->fh = state.files.add(
            std::make_shared<OpenedFile>(OpenedFile{created->node, std::move(created->file)}));
        if (fuse_reply_create(request, &*entry, info) == 0) return;
        state.files.remove(info->fh);
        state.nodes.forget(entry->ino, 1);
    });
}

void read_file(fuse_req_t request, fuse_ino_t, size_t size, off_t offset, fuse_file_info* info) {
    const Opened opened = opened_of(request, info);
    if (!opened) return;
    run(request, *opened->file, [=] {
        const std::span<std::byte> bytes = scratch(size);
        const auto got = opened->file->read(static_cast<uint64_t>(offset), bytes);
        if (!got) return reply_failure(request, opened->node, got.error());
        const auto held_back = opened->file->take_held_back();
        if (held_back.count() == 0) {
            fuse_reply_buf(request, reinterpret_cast<const char*>(bytes.data()), *got);
            return;
        }
        const std::string data(reinterpret_cast<const char*>(bytes.data()), *got);
        reply_after(request, held_back, [=] { fuse_reply_buf(request, data.data(), data.size()); });
    });
}

void write_file(fuse_req_t request, fuse_ino_t, const char* data, size_t size, off_t offset,
                fuse_file_info* info) {
    const Opened opened = opened_of(request, info);
    if (!opened) return;
    guarded(request, [&] {
        const auto bytes = std::as_bytes(std::span(data, size));
        const auto put = opened->file->write(static_cast<uint64_t>(offset), bytes);
        if (!put) return reply_failure(request, opened->node, put.error());
        reply_after(request, opened->file->take_held_back(),
                    [=, count = *put] { fuse_reply_write(request, count); });
    });
}

void flush_file(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
    const Opened opened = opened_of(request, info);
    if (!opened) return;
    const auto call = [=] { reply_done(request, opened, opened->file->flush()); };
    if (opened->file->flush_waits()) return run_patiently(request, call);
    run(request, *opened->file, call);
}

void sync_file(fuse_req_t request, fuse_ino_t, int, fuse_file_info* info) {
    const Opened opened = opened_of(request, info);
    if (!opened) return;
    run(request, *opened->file, [=] { reply_done(request, opened, opened->file->sync()); });
}

void release_file(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
    state_of(request).files.remove(info->fh);
    fuse_reply_err(request, 0);
}

}  // namespace vexfs::fuse
