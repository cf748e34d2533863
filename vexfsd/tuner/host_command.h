// SPDX-License-Identifier: Apache-2.0
// Commands that systemd runs outside of this service's confinement, in the host's own namespace of mounts.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"

namespace vexfs::tuner {

// Runs them one after the other, as root, as the unit of that name, and waits. Programs are absolute paths.
// What the one that fails writes to standard error is the error's message. `busy` where the unit runs.
Result<void> run_on_host(const std::string& unit, const std::vector<std::vector<std::string>>& commands);

}  // namespace vexfs::tuner
