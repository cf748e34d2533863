// SPDX-License-Identifier: Apache-2.0
// The verbs of the noun collection that make, copy and restore snapshots and backups.
#pragma once

#include "vexfsctl/cli.h"

namespace vexfs::ctl {

void register_snapshot(Cli& cli, CLI::App* collection);
void register_backup(Cli& cli, CLI::App* collection);
void register_restore(Cli& cli, CLI::App* collection);

}  // namespace vexfs::ctl
