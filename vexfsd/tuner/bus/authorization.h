// SPDX-License-Identifier: Apache-2.0
// Whether polkit lets the sender of a call do something.
#pragma once

#include <systemd/sd-bus.h>

namespace vexfs::tuner {

// What a call does once it may. As a handler of sd-bus: it replies, or returns a negative errno or sets the
// error.
using Authorized = int (*)(sd_bus_message* call, sd_bus_error* error);

// Runs `then` at once for root, else when polkit has said yes: it may ask the user for a password meanwhile,
// and other calls are served. A handler's return value.
int when_authorized(sd_bus_message* call, const char* action, Authorized then, sd_bus_error* error);

// Calls that wait for polkit.
unsigned waiting_for_authorization();

}  // namespace vexfs::tuner
