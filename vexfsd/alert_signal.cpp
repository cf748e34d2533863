// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/alert_signal.h"

#include <systemd/sd-bus.h>

#include <limits>
#include <memory>

namespace vexfs {
namespace {

constexpr const char* bus_name = "org.vexfs.Manager";
constexpr const char* object = "/org/vexfs/Manager1";
constexpr const char* interface = "org.vexfs.Manager1";
constexpr uint64_t patience_us = 2'000'000;

struct BusDeleter {
    void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
};

}  // namespace

Result<void> signal_alert(const AlertEvent& event) {
    sd_bus* opened = nullptr;
    if (sd_bus_open_system(&opened) < 0) return {};
    // For this signal alone: nobody answers calls, and the bus may come and go.
    const std::unique_ptr<sd_bus, BusDeleter> bus(opened);
    sd_bus_set_method_call_timeout(bus.get(), patience_us);
    if (const int error = sd_bus_request_name(bus.get(), bus_name, 0); error < 0)
        return fail_errno("own org.vexfs.Manager on the system bus", -error);
    const int error = sd_bus_emit_signal(
        bus.get(), object, interface, event.raised ? "AlertRaised" : "AlertCleared", "ssssdds",
        event.rule.name.c_str(), event.rule.severity.c_str(), event.collection.c_str(),
        event.rule.metric.c_str(), event.value.value_or(std::numeric_limits<double>::quiet_NaN()),
        event.rule.threshold, event.text().c_str());
    if (error < 0) return fail_errno("send a signal on the system bus", -error);
    return {};
}

}  // namespace vexfs
