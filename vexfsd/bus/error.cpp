// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/bus/error.h"

#include <fmt/format.h>

namespace vexfs::bus {

int set_error(sd_bus_error* bus_error, const Error& error) {
    const std::string name = fmt::format("{}{}", error_prefix, name_of(error.code));
    return sd_bus_error_setf(bus_error, name.c_str(), "%s\n%s", error.message.c_str(), error.hint.c_str());
}

}  // namespace vexfs::bus
