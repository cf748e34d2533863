// SPDX-License-Identifier: Apache-2.0
// What org.vexfs.Tuner1 says on the bus, vexfs-tuner(8): reports and errors as messages, for both of its
// ends.
#pragma once

#include <systemd/sd-bus.h>

#include "vexfsd/tuner/module.h"
#include "vexfsd/tuner/tuning.h"

namespace vexfs::tuner {

inline constexpr const char* bus_name = "org.vexfs.Tuner";
inline constexpr const char* bus_path = "/org/vexfs/Tuner1";
inline constexpr const char* bus_interface = "org.vexfs.Tuner1";

// Profile, state, seconds since 1970, and of each value its key, what is, what is wanted, what was, state and
// note.
inline constexpr const char* tuning_signature = "ssta(ssssss)";
// Whether it is loaded, version, file, note, and of each parameter its name, what is configured, what is,
// range and state.
inline constexpr const char* module_signature = "bsssa(sssss)";

// A negative errno where the message takes no more.
int append(sd_bus_message* message, const TuningReport& report);
int append(sd_bus_message* message, const ModuleStatus& status);

// malformed where the other end says something else.
Result<TuningReport> read_tuning_report(sd_bus_message* message);
Result<ModuleStatus> read_module_status(sd_bus_message* message);

// What bus::set_error() has set, or an error of the bus itself.
Error error_from(const sd_bus_error& bus_error);

}  // namespace vexfs::tuner
