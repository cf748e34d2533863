// SPDX-License-Identifier: Apache-2.0
// The root of the tree and the names below it, which the kernel module is told of by generic netlink before
// it asks; kmod/uapi/vexfs.h says how. Thread-safe.
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "engine/base/result.h"
#include "engine/base/unique_fd.h"
#include "kmod/uapi/vexfs.h"
#include "vexfsd/requests/collections_listener.h"
#include "vexfsd/tree/tree.h"

struct nl_sock;
struct nl_msg;

namespace vexfs::channel {

class Names final : public CollectionsListener {
  public:
    // Tells of all that is there, and then of every change, until stop(). `device` is an open /dev/vexfs.
    static Result<std::shared_ptr<Names>> tell(Tree& tree, int device);
    ~Names() override;

    // Lets go of the device.
    void stop();

    void collection_changed(const std::string& name) noexcept override;
    void collections_changed() noexcept override;

  private:
    Names(Tree& tree, UniqueFd device) : tree_(tree), device_(std::move(device)) {}
    Result<void> connect();
    // These under mutex_.
    Result<void> tell_all();
    Result<void> tell_one(const std::string& name, const Node& node);
    Result<void> forget(const std::string& name);
    // An empty name is the root's.
    Result<void> send(uint8_t command, const std::string& name, const vexfs_entry* entry);
    template <class Tell>
    void guarded(const Tell& tell) noexcept;

    Tree& tree_;
    std::mutex mutex_;  // guards what follows
    UniqueFd device_;   // none once it has stopped
    std::unique_ptr<nl_sock, void (*)(nl_sock*)> socket_{nullptr, nullptr};
    int family_ = 0;
    std::set<std::string> told_;
    bool behind_ = false;  // something could not be told
};

}  // namespace vexfs::channel
