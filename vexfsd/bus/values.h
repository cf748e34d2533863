// SPDX-License-Identifier: Apache-2.0
// JSON as values of D-Bus: an object is a{sv}, an array av, a number t, x or d. D-Bus has no null: such a
// field is left out.
#pragma once

#include <systemd/sd-bus.h>

#include <nlohmann/json_fwd.hpp>

#include "engine/base/result.h"

namespace vexfs::bus {

inline constexpr const char* fields_signature = "a{sv}";

// Appends an object; a negative errno where the message doesn't take it.
int append_fields(sd_bus_message* message, const nlohmann::json& object);

// Reads an a{sv}; malformed where it holds what JSON has not.
Result<nlohmann::json> read_fields(sd_bus_message* message);

}  // namespace vexfs::bus
