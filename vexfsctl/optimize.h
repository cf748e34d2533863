// SPDX-License-Identifier: Apache-2.0
// Waiting for a collection's index to catch up.
#pragma once

#include <string>

#include "vexfsctl/cli.h"

namespace vexfs::ctl {

// Has all rows of a collection indexed and the index written down, with progress on a terminal. `interrupted`
// where a signal ended the waiting.
Result<ExitStatus> optimize_and_wait(Context& context, const std::string& collection);

}  // namespace vexfs::ctl
