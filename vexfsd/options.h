// SPDX-License-Identifier: Apache-2.0
// The daemon's command line, and the configuration that comes of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vexfsd/config/settings.h"
#include "vexfsd/exit_status.h"

namespace vexfs {

// The source of a mount point that was asked for on the command line: a start fails with it.
inline constexpr std::string_view mount_option = "--mount";

struct DaemonOptions {
    std::string config_file;    // empty: the installed ones
    std::string data_dir;       // empty: the configuration's
    std::string socket;         // empty: the configuration's
    std::string mount;          // empty: the configuration's
    std::string mount_backend;  // empty: the configuration's
    bool foreground = false;    // log to standard error
    bool check = false;         // check the configuration and exit
};

// Parses; prints what is wrong or what was asked for (--help, --version) and sets `exit` where there is
// nothing to run.
DaemonOptions parse_options(int argc, const char* const* argv, std::optional<DaemonExit>& exit);

// The configuration's files with the options over them, or everything that is wrong with them.
tl::expected<Configuration, std::vector<ConfigProblem>> configure(const DaemonOptions& options);

}  // namespace vexfs
