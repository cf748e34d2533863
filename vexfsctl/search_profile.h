// SPDX-License-Identifier: Apache-2.0
// `vector search --profile`: where the time of one query goes, from the caller to the engine and back.
#pragma once

#include "vexfsctl/cli.h"

namespace vexfs::ctl {

// Asks the search of one query some times, past the query cache, and prints the parts of its time.
Result<ExitStatus> profile_search(Context& context, const Message& request);

}  // namespace vexfs::ctl
