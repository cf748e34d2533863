// SPDX-License-Identifier: Apache-2.0
// What the files of the session have in common; for them alone.
#pragma once

#define FUSE_USE_VERSION 314
#include <fuse3/fuse_lowlevel.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "fuse/gate.h"
#include "fuse/handles.h"
#include "fuse/later.h"
#include "fuse/ledger.h"
#include "fuse/node_table.h"
#include "fuse/session.h"
#include "vexfsd/base/in_work.h"

namespace vexfs::fuse {

struct OpenedFile {
    OpenedFile(Node of, std::unique_ptr<OpenFile> opened) : node(std::move(of)), file(std::move(opened)) {}

    const Node node;
    const std::unique_ptr<OpenFile> file;  // null where `failure` says why
    uint64_t handle = 0;
    // Of what was open with the daemon before: why it isn't any more, or what may be lost of it.
    std::optional<Failure> failure = {};
    std::atomic<uint64_t> inherited = Effect::none().bits();
};

struct OpenedDirectory {
    OpenedDirectory(Node of, Caller opener) : node(std::move(of)), caller(std::move(opener)) {}

    const Node node;
    const Caller caller;
    std::mutex mutex;                                // guards what follows
    std::shared_ptr<const OpenDirectory> directory;  // what it holds as of the last time that it was begun
};

struct Session::State {
    State(Tree& served, std::unique_ptr<Ledger> noted, unsigned running_max);
    // After the calls that are in work. Where the mount is to stay, what is held is left to the next daemon.
    ~State();
    Result<void> make_session(UniqueFd descriptor);
    // The first request is answered, or was by an earlier daemon.
    Result<void> begin(const std::string& directory);
    Result<void> begin_again();
    Result<void> start_threads(unsigned count);
    void run();
    void process(std::span<std::byte> message);
    // Opens what was open with the daemon before.
    void restore();
    void restore_file(const Ledger::Noted& noted, const Outcome<Node>& node);
    Outcome<Node> node_of(const OpenRecord& record) const;
    // What an opening left that is asked for again.
    void drop_opened_by(uint64_t request);
    void stop_threads();

    Tree& tree;
    const std::unique_ptr<Ledger> ledger;
    Gate gate;
    Gate patient{1};  // for what waits by itself
    NodeTable nodes;
    Handles<OpenedFile> files;
    Handles<OpenedDirectory> directories;
    fuse_session* session = nullptr;
    std::atomic<bool> replaying = false;  // what the kernel was answered already
    std::atomic<bool> stopping = false;
    // The daemon is to end and the mount to stay: nothing is begun any more.
    std::atomic<bool> leaving = false;
    std::mutex held_mutex;  // guards what follows
    std::vector<std::vector<std::byte>> held;
    size_t held_bytes = 0;
    InWork in_work;
    std::atomic<unsigned> running_threads = 0;
    std::vector<std::thread> threads;
    std::unique_ptr<Later> later = std::make_unique<Later>();
};

// The table of operations: those on names in name_operations.cpp, on files in file_operations.cpp, on
// directories in directory_operations.cpp.
const fuse_lowlevel_ops& operations();

void look_up(fuse_req_t request, fuse_ino_t parent, const char* name);
void forget(fuse_req_t request, fuse_ino_t number, uint64_t lookups);
void forget_several(fuse_req_t request, size_t count, fuse_forget_data* forgets);
void get_attributes(fuse_req_t request, fuse_ino_t number, fuse_file_info* info);
void set_attributes(fuse_req_t request, fuse_ino_t number, struct stat* wanted, int which,
                    fuse_file_info* info);
void make_directory(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode);
void remove_directory(fuse_req_t request, fuse_ino_t parent, const char* name);
void remove_file(fuse_req_t request, fuse_ino_t parent, const char* name);
void get_attribute(fuse_req_t request, fuse_ino_t number, const char* name, size_t size);
void list_attributes(fuse_req_t request, fuse_ino_t number, size_t size);
void set_attribute(fuse_req_t request, fuse_ino_t number, const char* name, const char* value, size_t size,
                   int flags);
void remove_attribute(fuse_req_t request, fuse_ino_t number, const char* name);
void get_space(fuse_req_t request, fuse_ino_t number);

void open_file(fuse_req_t request, fuse_ino_t number, fuse_file_info* info);
void create_file(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, fuse_file_info* info);
void read_file(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, fuse_file_info* info);
void write_file(fuse_req_t request, fuse_ino_t number, const char* data, size_t size, off_t offset,
                fuse_file_info* info);
void flush_file(fuse_req_t request, fuse_ino_t number, fuse_file_info* info);
void sync_file(fuse_req_t request, fuse_ino_t number, int data_only, fuse_file_info* info);
void release_file(fuse_req_t request, fuse_ino_t number, fuse_file_info* info);

void open_directory(fuse_req_t request, fuse_ino_t number, fuse_file_info* info);
void read_directory(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, fuse_file_info* info);
void read_directory_plus(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset,
                         fuse_file_info* info);
void release_directory(fuse_req_t request, fuse_ino_t number, fuse_file_info* info);

// What they are made of.

// The number of the request that this thread serves, with resent_bit where the kernel gives it again.
uint64_t request_number();
bool is_resent();
// Leaves the request that this thread serves to the next daemon.
void hold(fuse_req_t request);
// The open file, or an answer and none: EBADF where there is none, ECONNRESET where something was written to
// it whose effect nobody knows, the daemon having been killed.
std::shared_ptr<OpenedFile> opened_of(fuse_req_t request, uint64_t handle, bool writes);
// Notes that the request writes to the file; false where it is held instead, for it would begin something.
bool begins(fuse_req_t request, OpenedFile& opened);
// Notes what was opened; the handle, or an answer of ENFILE and 0.
uint64_t note_opened(fuse_req_t request, uint64_t number, const Node& node, int flags, const Caller& caller);
// Answers the request `number` about an open file, and notes where of what was written nothing is left but
// this answer.
void answer_last(fuse_req_t request, const std::shared_ptr<OpenedFile>& opened, uint64_t number,
                 const std::function<void()>& reply);
Session::State& state_of(fuse_req_t request);
Caller caller_of(fuse_req_t request);
// The node, or an answer of ESTALE and none.
std::optional<Node> node_of(fuse_req_t request, fuse_ino_t number);
void reply_failure(fuse_req_t request, const Node& node, const Failure& failure);
// An entry that the kernel counts as looked up.
Outcome<fuse_entry_param> entry_of(Session::State& state, const Node& node);
struct stat stat_of(const Attributes& attributes, Role role);
// Runs what may take as long as a request does.
void run_long(fuse_req_t request, std::function<void()> call);
void run_patiently(fuse_req_t request, std::function<void()> call);
// Answers after a delay, at once where it is 0, and keeps no thread meanwhile.
void reply_after(fuse_req_t request, std::chrono::microseconds delay, std::function<void()> reply);
// `call` answers the request; what it throws is answered for it.
void guarded(fuse_req_t request, const std::function<void()>& call);

}  // namespace vexfs::fuse
