// SPDX-License-Identifier: Apache-2.0
// The exit statuses of vexfsctl: one table for the program, its help and vexfsctl(1).
#pragma once

#include <span>
#include <string_view>

#include "engine/base/result.h"

namespace vexfs::ctl {

enum class ExitStatus : int {
    success = 0,
    failed = 1,
    usage = 2,
    not_found = 3,
    unreachable = 4,
    bad_input = 5,
    already_exists = 6,
    busy = 7,
    storage = 8,
    permission_denied = 13,
    interrupted = 130,
};

struct ExitStatusRow {
    ExitStatus status;
    std::string_view meaning;
};

std::span<const ExitStatusRow> exit_statuses();  // in rising order
ExitStatus exit_status_of(ErrorCode code);

}  // namespace vexfs::ctl
