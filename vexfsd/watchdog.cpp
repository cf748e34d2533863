// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/watchdog.h"

#include <systemd/sd-daemon.h>

namespace vexfs {

Result<std::unique_ptr<Watchdog>> Watchdog::start(sd_event* event, const Watching& watching) {
    uint64_t patience_us = 0;
    const int asked = sd_watchdog_enabled(0, &patience_us);
    if (asked < 0) return fail_errno("ask for the watchdog", -asked);
    if (asked == 0) return nullptr;
    std::unique_ptr<Watchdog> watchdog(new Watchdog(watching, std::chrono::microseconds(patience_us)));
    const int error = sd_event_add_time_relative(
        event, &watchdog->timer_, CLOCK_MONOTONIC, 0, 0,
        [](sd_event_source*, uint64_t, void* self) { return static_cast<Watchdog*>(self)->feed(); },
        watchdog.get());
    if (error < 0) return fail_errno("set the watchdog up", -error);
    return watchdog;
}

Watchdog::~Watchdog() {
    sd_event_source_unref(timer_);
}

int Watchdog::feed() {
    if (watching_.since_last() <= patience_ + Watching::interval) sd_notify(0, "WATCHDOG=1");
    const int error = sd_event_source_set_time_relative(timer_, static_cast<uint64_t>(interval().count()));
    return error < 0 ? error : sd_event_source_set_enabled(timer_, SD_EVENT_ONESHOT);
}

}  // namespace vexfs
