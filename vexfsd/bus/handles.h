// SPDX-License-Identifier: Apache-2.0
// What sd-bus(3) gives, with its end.
#pragma once

#include <systemd/sd-bus.h>

#include <memory>

namespace vexfs::bus {

struct CloseBus {
    void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
};
struct UnrefMessage {
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Bus = std::unique_ptr<sd_bus, CloseBus>;
using BusMessage = std::unique_ptr<sd_bus_message, UnrefMessage>;

}  // namespace vexfs::bus
