// SPDX-License-Identifier: Apache-2.0
// Descriptors that systemd keeps while there is no daemon, and hands to the next one:
// sd_pid_notify_with_fds(3) and FileDescriptorStoreMax= of systemd.service(5). Thread-safe, but for taking.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/unique_fd.h"

namespace vexfs {

class DescriptorStore {
  public:
    // Takes over what systemd hands to this process, at its start: what a daemon before has kept, and the
    // sockets of a socket unit.
    static Result<DescriptorStore> open();

    // Whether systemd keeps any, as $FDSTORE says.
    bool keeps() const { return keeps_; }
    // What was kept by that name, or handed over as metrics_socket; none where nothing was.
    std::optional<UniqueFd> take(const std::string& name);
    // The others of a socket unit.
    std::vector<UniqueFd> take_sockets() { return std::move(sockets_); }

    // Nothing is done where none are kept.
    Result<void> keep(const std::string& name, int descriptor) const;
    void forget(const std::string& name) const;
    // There will be no next daemon.
    void forget_all();

  private:
    bool keeps_ = false;
    std::map<std::string, UniqueFd> kept_;
    std::vector<UniqueFd> sockets_;
};

// The names under which it keeps them.
inline constexpr const char* kept_socket = "vexfs-socket";
inline constexpr const char* kept_mount = "vexfs-mount";
inline constexpr const char* kept_ledger = "vexfs-ledger";
// What vexfsd-metrics.socket calls its own.
inline constexpr const char* metrics_socket = "metrics";

}  // namespace vexfs
