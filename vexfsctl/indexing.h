// SPDX-License-Identifier: Apache-2.0
// Waiting for work on a collection's index, with progress on a terminal. `interrupted` where a signal ended
// the waiting.
#pragma once

#include <string>

#include "vexfsctl/cli.h"

namespace vexfs::ctl {

// Has all rows of a collection indexed and the index written down.
Result<ExitStatus> optimize_and_wait(Context& context, const std::string& collection);

// Sends a collection.reindex.
Result<ExitStatus> reindex_and_wait(Context& context, Message request);

}  // namespace vexfs::ctl
