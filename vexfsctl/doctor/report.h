// SPDX-License-Identifier: Apache-2.0
// What an administrator sends to somebody who helps: findings, configuration, the state of the machine and
// the daemon and the end of its log, without names.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "vexfsctl/doctor/findings.h"

namespace vexfs::ctl {

// Writes the archive; already_exists where there is such a file.
Result<void> write_report(Context& context, const Examined& examined, const nlohmann::ordered_json& findings,
                          const std::string& path);

}  // namespace vexfs::ctl
