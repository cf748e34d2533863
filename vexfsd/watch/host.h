// SPDX-License-Identifier: Apache-2.0
// What the machine and this process do, by the kernel's own counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "vexfsd/watch/snapshot.h"

namespace vexfs {

// Of one thread that asks: what it tells is what came since it was asked before.
class HostMeter {
  public:
    // `data_directory` is on the disk that is told of.
    explicit HostMeter(std::string data_directory) : data_directory_(std::move(data_directory)) {}
    HostFigures read();

  private:
    struct Jiffies {
        uint64_t busy = 0, all = 0;
    };
    static std::optional<Jiffies> jiffies();

    const std::string data_directory_;
    std::optional<Jiffies> before_;
    double process_before_s_ = 0;
    std::chrono::steady_clock::time_point asked_before_{};
};

}  // namespace vexfs
