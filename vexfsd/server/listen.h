// SPDX-License-Identifier: Apache-2.0
// The socket that clients connect to.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "engine/base/result.h"
#include "engine/base/unique_fd.h"

namespace vexfs {

// The group that server.socket_group names; invalid_argument where there is none.
Result<gid_t> group_id(const std::string& name);

// A listening socket at a path, removed with its owner. PATH.lock is held with flock(2) all the while, so
// that of two daemons that find a dead one's socket only one replaces it.
class ListeningPath {
  public:
    // busy where a daemon answers there; already_exists where something else than a socket is in the way.
    // `group` may be empty.
    static Result<ListeningPath> bind(const std::string& path, uint32_t mode, const std::string& group);
    ~ListeningPath();
    ListeningPath(ListeningPath&&) = default;
    ListeningPath& operator=(ListeningPath&&) = delete;

    // The socket of a daemon before, which was kept listening; not_found where it is not at that path any
    // more.
    static Result<ListeningPath> resume(const std::string& path, UniqueFd socket);

    int descriptor() const { return socket_.get(); }
    // The socket, for the server to have. The path stays this object's.
    UniqueFd take_socket() { return std::move(socket_); }
    // Leaves the path to the next daemon.
    void leave() { bound_ = false; }

  private:
    ListeningPath() = default;

    std::string path_;
    UniqueFd lock_;  // closed last
    UniqueFd socket_;
    bool bound_ = false;
};

// One of systemd's sockets, ready to be served; invalid_argument where it is no listening stream of the
// family, of AF_UNSPEC where it is of none.
Result<void> prepare_socket(const UniqueFd& socket, int family);

}  // namespace vexfs
