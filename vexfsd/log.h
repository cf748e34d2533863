// SPDX-License-Identifier: Apache-2.0
// Where the daemon's log goes.
#pragma once

#include "vexfsd/config/settings.h"

namespace vexfs {

// log.target: the journal, or standard error with the time; "auto" is the journal where that reads our
// standard error anyway.
void open_log(const Settings::Log& settings);
void set_log_level(const std::string& level);

}  // namespace vexfs
