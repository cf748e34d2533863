// SPDX-License-Identifier: Apache-2.0
// Serves a tree to the kernel over a FUSE descriptor (libfuse3, low-level).
//
// The kernel checks permissions by the attributes that the tree gives, and the tree checks them again. What
// it keeps: names that are always there, and the pages of files that never change. Everything else it asks
// for each time.
#pragma once

#include <chrono>
#include <memory>

#include "engine/base/result.h"
#include "engine/base/unique_fd.h"
#include "vexfsd/tree/tree.h"

namespace vexfs::fuse {

class Session {
  public:
    // `descriptor` is that of a mount. As many requests run at once as `running_max` says; what can be
    // answered at once is answered beside them.
    static Result<std::unique_ptr<Session>> start(Tree& tree, UniqueFd descriptor, unsigned running_max);
    // Ends the connection, after the requests that are in work.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // False once the kernel has ended the connection: it was unmounted.
    bool connected() const;
    // Whether nothing is in work, at the latest after `timeout`.
    bool wait_idle(std::chrono::milliseconds timeout) const;

    struct State;  // session_state.h

  private:
    explicit Session(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace vexfs::fuse
