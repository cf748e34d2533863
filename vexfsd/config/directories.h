// SPDX-License-Identifier: Apache-2.0
// Where configuration and presets are read from.
#pragma once

#include <string>
#include <vector>

namespace vexfs {

// What was installed with this program, lib/vexfs beside the directory that it was started from, then
// /etc/vexfs; later ones win.
std::vector<std::string> configuration_directories();

}  // namespace vexfs
