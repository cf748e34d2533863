// SPDX-License-Identifier: Apache-2.0
// Errors as D-Bus has them: named org.vexfs.Error.CODE, with the hint as the second line of the message.
#pragma once

#include <systemd/sd-bus.h>

#include <string_view>

#include "engine/base/result.h"

namespace vexfs::bus {

inline constexpr std::string_view error_prefix = "org.vexfs.Error.";

// A handler's return value.
int set_error(sd_bus_error* bus_error, const Error& error);

}  // namespace vexfs::bus
