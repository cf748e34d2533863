// SPDX-License-Identifier: Apache-2.0
// Whether polkit lets the sender of a call do something.
#pragma once

#include <systemd/sd-bus.h>

namespace vexfs::bus {

struct Action {
    const char* id;
    const char* refused;  // "you may not ..."
};

// Runs `then` at once for root, else when polkit has said yes: it may ask the user for a password meanwhile,
// and other calls are served. `then` is a handler of sd-bus: it replies, or returns a negative errno or sets
// the error. A handler's return value. The action must live as long as the connection.
int when_authorized(sd_bus_message* call, const Action& action, sd_bus_message_handler_t then, void* context,
                    sd_bus_error* error);

// Calls that wait for polkit.
unsigned waiting_for_authorization();

}  // namespace vexfs::bus
