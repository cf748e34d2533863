// SPDX-License-Identifier: Apache-2.0
// The verbs `bench run`, `bench scenarios` and `bench report`.
#pragma once

#include "vexfsctl/cli.h"

namespace vexfs::ctl {

void register_bench_run(Cli& cli, CLI::App* noun);
void register_bench_scenarios(Cli& cli, CLI::App* noun);
void register_bench_report(Cli& cli, CLI::App* noun);

}  // namespace vexfs::ctl
