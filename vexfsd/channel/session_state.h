// SPDX-License-Identifier: Apache-2.0
// What the files of the session have in common; for them alone.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "fuse/gate.h"
#include "fuse/handles.h"
#include "fuse/later.h"
#include "vexfsd/base/in_work.h"
#include "vexfsd/channel/known_nodes.h"
#include "vexfsd/channel/session.h"
#include "vexfsd/channel/worker.h"

namespace vexfs::channel {

// A file, or a directory.
struct Opened {
    Opened(Node of, Caller opener) : node(std::move(of)), caller(std::move(opener)) {}

    const Node node;
    const Caller caller;
    std::unique_ptr<OpenFile> file;
    std::mutex mutex;                                // guards what follows
    std::shared_ptr<const OpenDirectory> directory;  // what it holds as of the last time that it was begun
};

struct Session::State {
    State(Tree& served, Device served_by, std::shared_ptr<Names> told);
    // After the calls that are in work.
    ~State();
    void run();

    Tree& tree;
    Device device;
    const std::shared_ptr<Names> names;
    fuse::Gate gate;
    fuse::Gate patient{1};  // for what waits by itself
    KnownNodes known;
    fuse::Handles<Opened> opened;
    InWork in_work;
    std::vector<std::thread> threads;
    std::unique_ptr<fuse::Later> later = std::make_unique<fuse::Later>();
};

// A request that is to be answered once, from whichever thread.
class Asked {
  public:
    Asked(Session::State& state, const Request& request)
        : state_(&state), id_(request.header.id), caller_(request.caller) {}

    Session::State& state() const { return *state_; }
    const Caller& caller() const { return caller_; }

    void done() const { answer({}); }
    void done(vexfs_reply reply) const { answer(reply); }
    // The bytes must stay where they are until the caller returns to the session's loop.
    void data(std::span<const std::byte> bytes, uint64_t count = 0,
              const std::optional<ReplyHold>& hold = {}) const;
    void failed(int error) const;
    void failed(const Node& node, const Failure& failure) const;

    // Runs what may take as long as a request does, now or in another thread.
    void run_long(std::function<void()> call) const;
    // Runs it now and in this thread, or says that it would have to wait.
    bool try_run_long(const std::function<void()>& call) const;
    // What waits by itself, for longer than requests do.
    void run_patiently(std::function<void()> call) const;
    // Answers after a delay, at once where it is 0, and keeps no thread meanwhile.
    void after(std::chrono::microseconds delay, std::function<void()> reply) const;
    // `call` answers; what it throws is answered for it.
    void guarded(const std::function<void()>& call) const;
    // Memory of this thread's for the data of a reply, and more of it, with what is in it.
    static std::span<std::byte> scratch(size_t bytes);
    static std::span<std::byte> more_scratch(size_t bytes);

  private:
    void answer(vexfs_reply reply) const;
    void run_through(fuse::Gate& gate, std::function<void()> call) const;

    Session::State* state_;
    uint64_t id_;
    Caller caller_;
};

// operations.cpp: what a request says, as the tree has it.
void serve(Session::State& state, const Request& request);
// The node, or an answer of ESTALE and none.
std::optional<Node> node_of(const Asked& asked, const Request& request);
Outcome<vexfs_entry> entry_of(Session::State& state, const Node& node);

// name_operations.cpp
void look_up(const Asked& asked, const Request& request, const Node& node);
void get_attributes(const Asked& asked, const Request& request, const Node& node);
void set_attributes(const Asked& asked, const Request& request, const Node& node);
void make_directory(const Asked& asked, const Request& request, const Node& node);
void remove_directory(const Asked& asked, const Request& request, const Node& node);
void remove_file(const Asked& asked, const Request& request, const Node& node);
void get_attribute(const Asked& asked, const Request& request, const Node& node);
void list_attributes(const Asked& asked, const Request& request, const Node& node);
void set_attribute(const Asked& asked, const Request& request, const Node& node);
void remove_attribute(const Asked& asked, const Request& request, const Node& node);
void get_space(const Asked& asked, const Request& request, const Node& node);

// file_operations.cpp
void open(const Asked& asked, const Request& request, const Node& node);
void create(const Asked& asked, const Request& request, const Node& node);
void read(const Asked& asked, const Request& request);
void write(const Asked& asked, const Request& request);
void call(const Asked& asked, const Request& request);
void flush(const Asked& asked, const Request& request);
void sync(const Asked& asked, const Request& request);
void release(const Asked& asked, const Request& request);
void list(const Asked& asked, const Request& request);

}  // namespace vexfs::channel
