// SPDX-License-Identifier: Apache-2.0
// Tells of alerts on the system bus, by signals of org.vexfs.Manager1, vexfsd(8). Of one thread.
#pragma once

#include <chrono>
#include <memory>

#include "engine/base/result.h"
#include "vexfsd/watch/alerts.h"

struct sd_bus;

namespace vexfs {

class AlertSignal {
  public:
    // Answers what the bus asks, and comes back to it where it was not there. To be called every second or
    // so.
    void keep_up();
    // Where there is no bus, nobody listens, and that is no error.
    Result<void> send(const AlertEvent& event);

  private:
    struct Closer {
        void operator()(sd_bus* bus) const;
    };
    Result<void> open();

    std::unique_ptr<sd_bus, Closer> bus_;
    std::chrono::steady_clock::time_point next_try_{};
};

}  // namespace vexfs
