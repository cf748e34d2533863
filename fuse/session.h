// SPDX-License-Identifier: Apache-2.0
// Serves a tree to the kernel over a FUSE descriptor (libfuse3, low-level).
//
// The kernel checks permissions by the attributes that the tree gives, and the tree checks them again. What
// it keeps: names that are always there, and the pages of files that never change. Everything else it asks
// for each time.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/base/unique_fd.h"
#include "fuse/ledger.h"
#include "vexfsd/base/in_work.h"
#include "vexfsd/tree/tree.h"

namespace vexfs::fuse {

class Session {
  public:
    // `descriptor` is that of a mount on a directory. As many requests run at once as `running_max` says;
    // what can be answered at once is answered beside them.
    static Result<std::unique_ptr<Session>> start(Tree& tree, UniqueFd descriptor,
                                                  const std::string& directory, unsigned running_max);
    // Goes on with the mount of a daemon that has ended, by what it noted: what it left is done, and what it
    // had in work when it was killed is asked for again. `unsupported` where it was killed and the kernel
    // doesn't ask again, not_found where nothing is mounted any more.
    static Result<std::unique_ptr<Session>> resume(Tree& tree, UniqueFd descriptor,
                                                   std::unique_ptr<Ledger> ledger, unsigned running_max);
    // Ends the connection, after the requests that are in work; or after leave(), this end of it.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // False once the kernel has ended the connection: it was unmounted.
    bool connected() const;
    int descriptor() const;
    Ledger& ledger();
    // The daemon is to end, and another one to go on. What comes from now on and begins something is held for
    // it; what has begun comes to its end.
    void leave();
    // Of requests that take their time, those that wait because others are in work or the backlog is full.
    CallLoad load() const;
    // Whether nothing is in work, at the latest after `timeout`.
    bool wait_idle(std::chrono::milliseconds timeout) const;

    struct State;  // session_state.h

  private:
    explicit Session(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace vexfs::fuse
