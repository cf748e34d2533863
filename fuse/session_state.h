// SPDX-License-Identifier: Apache-2.0
// What the files of the session have in common; for them alone.
#pragma once

#define FUSE_USE_VERSION 314
#include <fuse3/fuse_lowlevel.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "fuse/gate.h"
#include "fuse/handles.h"
#include "fuse/later.h"
#include "fuse/node_table.h"
#include "fuse/session.h"
#include "vexfsd/base/in_work.h"

namespace vexfs::fuse {

struct OpenedFile {
    Node node;
    std::unique_ptr<OpenFile> file;
};

struct OpenedDirectory {
    OpenedDirectory(Node of, Caller opener) : node(std::move(of)), caller(std::move(opener)) {}

    const Node node;
    const Caller caller;
    std::mutex mutex;                                // guards what follows
    std::shared_ptr<const OpenDirectory> directory;  // what it holds as of the last time that it was begun
};

struct Session::State {
    State(Tree& served, unsigned running_max);
    // After the calls that are in work.
    ~State();
    void run();

    Tree& tree;
    Gate gate;
    Gate patient{1};  // for what waits by itself
    NodeTable nodes;
    Handles<OpenedFile> files;
    Handles<OpenedDirectory> directories;
    fuse_session* session = nullptr;
    std::atomic<bool> stopping = false;
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
