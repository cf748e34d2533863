// SPDX-License-Identifier: Apache-2.0
// Serves a tree to the kernel module, for all mounts of an instance. The kernel checks permissions by the
// attributes that the tree gives, and the tree checks them again.
#pragma once

#include <chrono>
#include <memory>

#include "engine/base/result.h"
#include "vexfsd/base/in_work.h"
#include "vexfsd/channel/device.h"
#include "vexfsd/channel/names.h"
#include "vexfsd/tree/tree.h"

namespace vexfs::channel {

class Session {
  public:
    // As many requests run at once as the module says; what can be answered at once is answered beside them.
    // Its names are told, and it is serving.
    static Result<std::unique_ptr<Session>> start(Tree& tree, Device device, std::shared_ptr<Names> names);
    // leave(), and the end of what is in work.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // What is asked for from now on waits for the next daemon.
    void leave() const;
    // Of requests that take their time, those that wait because others are in work or the backlog is full.
    CallLoad load() const;
    // Whether nothing is in work, at the latest after `timeout`.
    bool wait_idle(std::chrono::milliseconds timeout) const;

    struct State;  // session_state.h

  private:
    explicit Session(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace vexfs::channel
