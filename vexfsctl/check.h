// SPDX-License-Identifier: Apache-2.0
// Checking collections, and repairing them.
#pragma once

#include <string>
#include <vector>

#include "vexfsctl/cli.h"

namespace vexfs::ctl {

struct CheckOptions {
    std::vector<std::string> names;  // none: all collections
    bool repair = false;
};

// With progress on a terminal. `storage` where damage is left.
Result<ExitStatus> check(Context& context, const CheckOptions& options);

}  // namespace vexfs::ctl
