// SPDX-License-Identifier: Apache-2.0
// Feeds the watchdog of systemd from the event loop, and only while snapshots of the service come: taking one
// needs what the work needs, every collection, the queue of requests and the mount, and hangs where that
// does.
#pragma once

#include <systemd/sd-event.h>

#include <chrono>
#include <memory>

#include "engine/base/result.h"
#include "vexfsd/watching.h"

namespace vexfs {

class Watchdog {
  public:
    // Null where systemd has none for us. The event loop and `watching` must outlast it.
    static Result<std::unique_ptr<Watchdog>> start(sd_event* event, const Watching& watching);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

  private:
    Watchdog(const Watching& watching, std::chrono::microseconds patience)
        : watching_(watching), patience_(patience) {}
    std::chrono::microseconds interval() const { return patience_ / 4; }
    int feed();

    const Watching& watching_;
    const std::chrono::microseconds patience_;  // of systemd
    sd_event_source* timer_ = nullptr;
};

}  // namespace vexfs
