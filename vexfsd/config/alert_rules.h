// SPDX-License-Identifier: Apache-2.0
// Rules of alerts, a file each, vexfsd.toml(5).
//
//   description = "..."
//   metric = "vexfs_data_disk_free_ratio"
//   condition = "below"
//   threshold = 0.1
//   hysteresis = 0.02
//   duration_s = 60
//   cooldown_s = 600
//   severity = "warning"
//
// NAME.toml of a later directory takes the place of an earlier one's; one with enabled = false is no rule.
#pragma once

#include <string>
#include <vector>

#include "vexfsd/config/settings.h"
#include "vexfsd/watch/alerts.h"

namespace vexfs {

struct AlertCatalog {
    std::vector<AlertRule> rules;         // sorted by name
    std::vector<ConfigProblem> problems;  // of files that are left out

    // alerts/ in each of configuration_directories().
    static std::vector<std::string> default_directories();
    // Directories that there are not are passed over.
    static AlertCatalog load(const std::vector<std::string>& directories = default_directories());
};

}  // namespace vexfs
