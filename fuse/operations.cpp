// SPDX-License-Identifier: Apache-2.0
// The table of operations, and what they are made of.
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <new>

#include "fuse/session_state.h"

namespace vexfs::fuse {
namespace {

constexpr double keep_for_good_s = 3600;
constexpr unsigned block_bytes = 512;  // of st_blocks
constexpr unsigned page_bytes = 4096;
constexpr unsigned large_bytes = 1u << 20;  // as much as one request carries
constexpr int caller_groups_max = 256;

// Below a directory that is asked for each time, a name that is always there needs no asking.
double entry_timeout_of(const Node& node) {
    const bool fixed = !name_of(node.role).empty() && !shows_points(node.role);
    return fixed ? keep_for_good_s : 0;
}

void initialise(void*, fuse_conn_info* connection) {
    // Each state of a file has an inode of its own, whose pages stay good.
    connection->want &= ~static_cast<unsigned>(FUSE_CAP_AUTO_INVAL_DATA);
}

void run_through(Gate& gate, fuse_req_t request, std::function<void()> call) {
    const auto busy = std::make_shared<InWork::Call>(state_of(request).in_work);
    gate.run([request, busy, call = std::move(call)] { guarded(request, call); });
}

void refuse_names(fuse_req_t request) {
    fuse_reply_err(request, EPERM);
}

}  // namespace

const fuse_lowlevel_ops& operations() {
    static const fuse_lowlevel_ops table = [] {
        fuse_lowlevel_ops ops{};
        ops.init = initialise;
        ops.lookup = look_up;
        ops.forget = forget;
        ops.forget_multi = forget_several;
        ops.getattr = get_attributes;
        ops.setattr = set_attributes;
        ops.mkdir = make_directory;
        ops.rmdir = remove_directory;
        ops.unlink = remove_file;
        ops.mknod = [](fuse_req_t request, fuse_ino_t, const char*, mode_t, dev_t) { refuse_names(request); };
        ops.symlink = [](fuse_req_t request, const char*, fuse_ino_t, const char*) { refuse_names(request); };
        ops.link = [](fuse_req_t request, fuse_ino_t, fuse_ino_t, const char*) { refuse_names(request); };
        ops.rename = [](fuse_req_t request, fuse_ino_t, const char*, fuse_ino_t, const char*, unsigned) {
            refuse_names(request);
        };
        ops.getxattr = get_attribute;
        ops.listxattr = list_attributes;
        ops.setxattr = set_attribute;
        ops.removexattr = remove_attribute;
        ops.statfs = get_space;
        ops.open = open_file;
        ops.create = create_file;
        ops.read = read_file;
        ops.write = write_file;
        ops.flush = flush_file;
        ops.fsync = sync_file;
        ops.release = release_file;
        ops.opendir = open_directory;
        ops.readdir = read_directory;
        ops.readdirplus = read_directory_plus;
        ops.releasedir = release_directory;
        return ops;
    }();
    return table;
}

Session::State& state_of(fuse_req_t request) {
    return *static_cast<Session::State*>(fuse_req_userdata(request));
}

Caller caller_of(fuse_req_t request) {
    const fuse_ctx* const context = fuse_req_ctx(request);
    Caller caller{context->uid, context->gid, {}, false};
    // Who may do everything needs no groups; others cost a look into /proc.
    if (context->uid == 0 || context->uid == geteuid()) return caller;
    std::vector<gid_t> groups(caller_groups_max);
    const int count = fuse_req_getgroups(request, caller_groups_max, groups.data());
    if (count > 0) caller.groups.assign(groups.begin(), groups.begin() + std::min(count, caller_groups_max));
    return caller;
}

uint64_t note_opened(fuse_req_t request, uint64_t number, const Node& node, int flags, const Caller& caller) {
    Session::State& state = state_of(request);
    if (is_resent()) state.drop_opened_by(request_number());
    OpenRecord record{request_number(), number, node.role,        node.collection,
                      node.point,       {},     flags & ~O_TRUNC, caller};
    if (node.state) record.points = node.state->state();
    const uint64_t handle = state.ledger->note(record);
    if (handle == 0) fuse_reply_err(request, ENFILE);
    return handle;
}

std::shared_ptr<OpenedFile> opened_of(fuse_req_t request, uint64_t handle, bool writes) {
    Session::State& state = state_of(request);
    auto opened = state.files.find(handle);
    if (!opened) {
        fuse_reply_err(request, EBADF);
        return nullptr;
    }
    if (opened->failure) {
        reply_failure(request, opened->node, *opened->failure);
        return nullptr;
    }
    const Effect inherited(opened->inherited.exchange(Effect::none().bits()));
    if (inherited == Effect::none()) return opened;
    const bool lost = inherited.lost_to(request_number(), writes);
    if (!lost) {
        state.ledger->change_effect(handle, inherited, Effect::none());
        return opened;
    }
    // A stream can go on with what is written next, another file would have a hole.
    if (opened->file->is_stream()) {
        state.ledger->change_effect(handle, inherited, Effect::none());
    } else {
        opened->inherited = Effect::of_several().bits();
    }
    spdlog::debug("mount: what was written to a file before the daemon was killed is lost");
    fuse_reply_err(request, ECONNRESET);
    return nullptr;
}

void answer_last(fuse_req_t request, const std::shared_ptr<OpenedFile>& opened, uint64_t number,
                 const std::function<void()>& reply) {
    Ledger& ledger = *state_of(request).ledger;
    const Effect before = ledger.effect(opened->handle);
    const bool last = before.pending() && !opened->file->midway() &&
                      ledger.change_effect(opened->handle, before, Effect::told_by(number));
    reply();
    if (last) ledger.change_effect(opened->handle, Effect::told_by(number), Effect::none());
}

bool begins(fuse_req_t request, OpenedFile& opened) {
    Session::State& state = state_of(request);
    if (opened.file->never_changes()) return true;
    if (state.leaving && !state.ledger->effect(opened.handle).pending()) {
        hold(request);
        return false;
    }
    state.ledger->begin(opened.handle, request_number());
    return true;
}

std::optional<Node> node_of(fuse_req_t request, fuse_ino_t number) {
    Session::State& state = state_of(request);
    auto node = state.nodes.find(number);
    // The kernel may know it from an earlier daemon.
    if (!node) node = state.tree.find_by_number(number);
    if (!node) fuse_reply_err(request, ESTALE);
    return node;
}

void reply_failure(fuse_req_t request, const Node& node, const Failure& failure) {
    state_of(request).tree.note_failure(node, failure);
    spdlog::debug("mount: {}", failure.error.message);
    fuse_reply_err(request, failure.number);
}

struct stat stat_of(const Attributes& attributes, Role role) {
    struct stat status {};
    status.st_ino = attributes.number;
    status.st_mode = attributes.mode | (attributes.directory ? S_IFDIR : S_IFREG);
    status.st_nlink = 1;
    status.st_uid = attributes.uid;
    status.st_gid = attributes.gid;
    status.st_size = static_cast<off_t>(attributes.size);
    status.st_blocks = static_cast<blkcnt_t>((attributes.size + block_bytes - 1) / block_bytes);
    status.st_blksize = shows_points(role) || role == Role::import_file ? large_bytes : page_bytes;
    status.st_atim = status.st_mtim = status.st_ctim = attributes.changed;
    return status;
}

Outcome<fuse_entry_param> entry_of(Session::State& state, const Node& node) {
    VEXFS_TREE_ASSIGN(const Attributes attributes, state.tree.attributes(node));
    fuse_entry_param entry{};
    entry.ino = state.nodes.enter(node);
    entry.attr = stat_of(attributes, node.role);
    entry.attr.st_ino = entry.ino;
    entry.entry_timeout = entry_timeout_of(node);
    return entry;
}

void guarded(fuse_req_t request, const std::function<void()>& call) {
    try {
        call();
    } catch (const std::bad_alloc&) {
        fuse_reply_err(request, ENOMEM);
    } catch (const std::exception& error) {
        spdlog::error("mount: a call failed: {}", error.what());
        fuse_reply_err(request, EIO);
    }
}

void reply_after(fuse_req_t request, std::chrono::microseconds delay, std::function<void()> reply) {
    if (delay.count() == 0) return reply();
    Session::State& state = state_of(request);
    const auto busy = std::make_shared<InWork::Call>(state.in_work);
    state.later->run_after(delay, [busy, reply = std::move(reply)] { reply(); });
}

void run_long(fuse_req_t request, std::function<void()> call) {
    run_through(state_of(request).gate, request, std::move(call));
}

void run_patiently(fuse_req_t request, std::function<void()> call) {
    run_through(state_of(request).patient, request, std::move(call));
}

}  // namespace vexfs::fuse
