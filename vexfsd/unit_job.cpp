// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/unit_job.h"

#include <systemd/sd-bus.h>

#include <string>
#include <string_view>

#include "vexfsd/bus/handles.h"

namespace vexfs {
namespace {

constexpr const char* manager_name = "org.freedesktop.systemd1";
constexpr uint64_t job_patience_us = 2'000'000;  // the daemon stops meanwhile

using bus::Bus;
using bus::BusMessage;

BusMessage property(sd_bus* bus, const std::string& object, const char* interface, const char* name,
                    const char* type) {
    sd_bus_message* reply = nullptr;
    if (sd_bus_get_property(bus, manager_name, object.c_str(), interface, name, nullptr, &reply, type) < 0)
        return nullptr;
    return BusMessage(reply);
}

// The object of our unit, or "".
std::string our_unit(sd_bus* bus) {
    sd_bus_message* answer = nullptr;
    // Of process 0, which is whoever asks.
    const int called =
        sd_bus_call_method(bus, manager_name, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                           "GetUnitByPID", nullptr, &answer, "u", 0u);
    const BusMessage reply(answer);
    const char* unit = nullptr;
    if (called < 0 || sd_bus_message_read(reply.get(), "o", &unit) < 0) return {};
    return unit;
}

}  // namespace

bool unit_stops_for_good() {
    sd_bus* opened = nullptr;
    if (sd_bus_open_system(&opened) < 0) return false;
    const Bus bus(opened);
    sd_bus_set_method_call_timeout(bus.get(), job_patience_us);
    const std::string unit = our_unit(bus.get());
    if (unit.empty()) return false;
    const BusMessage job = property(bus.get(), unit, "org.freedesktop.systemd1.Unit", "Job", "(uo)");
    uint32_t id = 0;
    const char* object = nullptr;
    if (!job || sd_bus_message_read(job.get(), "(uo)", &id, &object) < 0) return false;
    // Somebody has sent the signal: the unit ends as it should, and isn't started again.
    if (id == 0) return true;
    const BusMessage type = property(bus.get(), object, "org.freedesktop.systemd1.Job", "JobType", "s");
    const char* name = nullptr;
    if (!type || sd_bus_message_read(type.get(), "s", &name) < 0) return false;
    return std::string_view(name) == "stop";
}

}  // namespace vexfs
