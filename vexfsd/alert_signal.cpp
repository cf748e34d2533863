// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/alert_signal.h"

#include <systemd/sd-bus.h>

#include <cerrno>
#include <limits>
#include <utility>

namespace vexfs {
namespace {

constexpr const char* object = "/org/vexfs/Manager1";
constexpr const char* interface = "org.vexfs.Manager1";
constexpr const char* arguments = "ssssdds";
constexpr uint64_t patience_us = 2'000'000;
constexpr std::chrono::seconds retry_interval{30};

#define VEXFS_ALERT_ARGUMENTS \
    SD_BUS_ARGS("s", rule, "s", severity, "s", collection, "s", metric, "d", value, "d", threshold, "s", text)
const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_SIGNAL_WITH_ARGS("AlertRaised", VEXFS_ALERT_ARGUMENTS, 0),
    SD_BUS_SIGNAL_WITH_ARGS("AlertCleared", VEXFS_ALERT_ARGUMENTS, 0),
    SD_BUS_VTABLE_END,
};

}  // namespace

void AlertSignal::Closer::operator()(sd_bus* bus) const {
    sd_bus_flush_close_unref(bus);
}

Result<void> AlertSignal::open() {
    next_try_ = std::chrono::steady_clock::now() + retry_interval;
    sd_bus* opened = nullptr;
    if (sd_bus_open_system(&opened) < 0) return {};
    std::unique_ptr<sd_bus, Closer> bus(opened);
    sd_bus_set_method_call_timeout(bus.get(), patience_us);
    int error = sd_bus_add_object_vtable(bus.get(), nullptr, object, interface, vtable, nullptr);
    if (error >= 0) error = sd_bus_request_name(bus.get(), "org.vexfs.Manager", 0);
    if (error < 0) return fail_errno("be org.vexfs.Manager on the system bus", -error);
    bus_ = std::move(bus);
    return {};
}

void AlertSignal::keep_up() {
    if (!bus_) {
        // It is told when there is something to send.
        if (std::chrono::steady_clock::now() >= next_try_) static_cast<void>(open());
        return;
    }
    int more = 1;
    while (more > 0) more = sd_bus_process(bus_.get(), nullptr);
    if (more < 0) bus_.reset();
}

Result<void> AlertSignal::send(const AlertEvent& event) {
    keep_up();
    if (!bus_) VEXFS_TRY(open());
    if (!bus_) return {};
    const int error = sd_bus_emit_signal(
        bus_.get(), object, interface, event.raised ? "AlertRaised" : "AlertCleared", arguments,
        event.rule.name.c_str(), event.rule.severity.c_str(), event.collection.c_str(),
        event.rule.metric.c_str(), event.value.value_or(std::numeric_limits<double>::quiet_NaN()),
        event.rule.threshold, event.text().c_str());
    if (error < 0 || sd_bus_flush(bus_.get()) < 0) {
        bus_.reset();
        return fail_errno("send a signal on the system bus", error < 0 ? -error : EPIPE);
    }
    return {};
}

}  // namespace vexfs
