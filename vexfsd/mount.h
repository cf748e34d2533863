// SPDX-License-Identifier: Apache-2.0
// Where the collections are mounted, and by what.
//
// A FUSE mount that a dead daemon left behind is taken away first. One of ours stays for the next daemon
// where systemd keeps its descriptors, and is taken away at the end else, whoever still uses it; a mount of
// the module's stays. Nothing else is ever unmounted. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "vexfsd/config/settings.h"
#include "vexfsd/mount_backend.h"
#include "vexfsd/requests/mounts.h"
#include "vexfsd/tree/tree.h"

namespace vexfs {

class Mount final : public MountControl {
  public:
    // As many requests run at once as `running_max` says; each has at most `request_bytes_max`.
    // `kept` must outlive it.
    Mount(Tree& tree, Settings::Mount configured, unsigned running_max, uint64_t request_bytes_max,
          const DescriptorStore& kept);
    // leave(), and the end of what is in work.
    ~Mount() override;

    MountStatus status() override;
    Result<void> mount(const std::string& directory, const std::string& backend) override;
    Result<void> serve(const std::string& directory, UniqueFd connection) override;
    Result<void> unmount() override;

    // Goes on with the mount of the daemon before, resume_fuse().
    Result<void> resume(UniqueFd descriptor, UniqueFd ledger);
    // The daemon is to end, MountBackend::leave(). Nothing mounted is no error.
    Result<void> leave();
    // Whether nothing is in work of what was unmounted or left, at the latest after `timeout`.
    bool wait_idle(std::chrono::milliseconds timeout);

  private:
    Result<void> make_room();
    void tell(const char* how) const;  // the log
    // All under mutex_, which is given up while vexfs-tuner(8) mounts: serve() has the outcome.
    using Lock = std::unique_lock<std::mutex>;
    Result<void> mount_by(const std::string& backend, const std::string& directory, Lock& lock);
    Result<void> mount_automatically(const std::string& directory, Lock& lock);
    Result<void> mount_fuse(const std::string& directory, Lock& lock);

    Tree& tree_;
    const Settings::Mount configured_;
    const unsigned running_max_;
    const uint64_t request_bytes_max_;
    const DescriptorStore& kept_;

    std::mutex mutex_;  // guards what follows
    std::string mounted_on_;
    std::string note_;
    bool fallback_ = false;   // FUSE, because the module could not be had
    bool asked_for_ = false;  // while vexfs-tuner(8) mounts for mount()
    std::unique_ptr<MountBackend> backend_;
    // Of mounts that were unmounted and may have open files. They end with the daemon, for the thread that
    // unmounts may be one of theirs.
    std::vector<std::unique_ptr<MountBackend>> leaving_;
};

}  // namespace vexfs
