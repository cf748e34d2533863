// SPDX-License-Identifier: Apache-2.0
// The daemon's configuration as vexfsctl reads it.
#pragma once

#include "vexfsctl/output.h"
#include "vexfsd/config/settings.h"

namespace vexfs::ctl {

// invalid_argument where something is wrong with it; says each mistake on stderr, the error counts them.
Result<Configuration> right_configuration(const Output& out, const ConfigSources& sources);

}  // namespace vexfs::ctl
