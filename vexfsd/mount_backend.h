// SPDX-License-Identifier: Apache-2.0
// What serves a mount: FUSE or the kernel module. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "vexfsd/base/in_work.h"
#include "vexfsd/descriptor_store.h"
#include "vexfsd/tree/tree.h"

namespace vexfs {

class MountBackend {
  public:
    virtual ~MountBackend() = default;
    virtual const char* name() const = 0;
    // False once somebody has unmounted it.
    virtual bool mounted() const = 0;
    // Takes it out of the tree of directories; what is open stays open, and is served on.
    virtual Result<void> unmount() = 0;
    // The daemon is to end. The module's mount stays, and what is asked for waits for the next daemon; so
    // does FUSE's where somebody keeps its descriptors, else it goes.
    virtual Result<void> leave() = 0;
    // Has the next daemon know why this serves for want of another, resume_fuse().
    virtual void explain(const std::string& why) = 0;
    virtual CallLoad load() const = 0;
    // Whether nothing is in work, at the latest after `timeout`.
    virtual bool wait_idle(std::chrono::milliseconds timeout) const = 0;
};

// Both mount on a directory, which is absolute and without links, and serve there. What only root may, a
// daemon without privileges asks vexfs-tuner(8) for, where that is on the bus.

// Whether a mount by FUSE is to be asked for, handed_over_by_tuner(), once requests are served.
bool asks_tuner();
// Has a mount by FUSE made that comes as a request, Mount::serve(). False where nobody does that for this
// daemon.
Result<bool> handed_over_by_tuner(const std::string& directory);

// What a dead daemon left there, however often it was mounted, is unmounted first. As many requests run at
// once as `running_max` says. `kept` must outlive it.
Result<std::unique_ptr<MountBackend>> mount_by_fuse(Tree& tree, const std::string& directory,
                                                    unsigned running_max, const DescriptorStore& kept);
// Serves one that somebody has mounted; invalid_argument where it is something else.
Result<std::unique_ptr<MountBackend>> serve_fuse(Tree& tree, const std::string& directory,
                                                 UniqueFd connection, unsigned running_max,
                                                 const DescriptorStore& kept);
// Goes on with a mount of the daemon before. Where that can't be, it is unmounted, so that nobody hangs.
struct Resumed {
    std::unique_ptr<MountBackend> backend;
    std::string directory;
    std::string why;  // MountBackend::explain(); empty where nobody did
};
Result<Resumed> resume_fuse(Tree& tree, UniqueFd descriptor, UniqueFd ledger, unsigned running_max,
                            const DescriptorStore& kept);
// `unsupported` where the module is not there. `call_bytes_max` is for requests in one system call.
Result<std::unique_ptr<MountBackend>> mount_by_module(Tree& tree, const std::string& directory,
                                                      const std::string& instance, uint64_t call_bytes_max);

}  // namespace vexfs
