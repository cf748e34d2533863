// SPDX-License-Identifier: Apache-2.0
// Where the collections are mounted, and by what.
//
// A mount that a dead daemon left behind is taken away first, and a mount of ours is taken away at the end,
// whoever still uses it. Nothing else is ever unmounted. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fuse/session.h"
#include "vexfsd/requests/mounts.h"
#include "vexfsd/tree/tree.h"

namespace vexfs {

class Mount final : public MountControl {
  public:
    // `directory` and `backend` are the configured ones; as many requests run at once as `running_max` says.
    Mount(Tree& tree, std::string directory, std::string backend, unsigned running_max);
    // unmount(), and the end of what is in work.
    ~Mount() override;

    MountStatus status() override;
    Result<void> mount(const std::string& directory, const std::string& backend) override;
    Result<void> unmount() override;

    // Whether nothing is in work of what was unmounted, at the latest after `timeout`.
    bool wait_idle(std::chrono::milliseconds timeout);

  private:
    Result<void> mount_fuse(const std::string& directory);
    Result<void> take_away(const std::string& directory);

    Tree& tree_;
    const std::string directory_, backend_;
    const unsigned running_max_;

    std::mutex mutex_;  // guards what follows
    std::string mounted_on_;
    std::string note_;
    std::unique_ptr<fuse::Session> session_;
    // Of mounts that were unmounted and may have open files. They end with the daemon, for the thread that
    // unmounts may be one of theirs.
    std::vector<std::unique_ptr<fuse::Session>> leaving_;
};

}  // namespace vexfs
