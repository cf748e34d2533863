// SPDX-License-Identifier: Apache-2.0
// `vector insert --jsonl`: points as JSON lines on standard input.
#pragma once

#include <string>

#include "vexfsctl/cli.h"

namespace vexfs::ctl {

Result<ExitStatus> insert_lines(Context& context, const std::string& collection);

}  // namespace vexfs::ctl
