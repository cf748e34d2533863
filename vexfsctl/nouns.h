// SPDX-License-Identifier: Apache-2.0
// The nouns, a file each. A new one is declared here and added to register_nouns().
#pragma once

#include "vexfsctl/cli.h"

namespace vexfs::ctl {

void register_collection(Cli& cli);
void register_vector(Cli& cli);
void register_import(Cli& cli);
void register_export(Cli& cli);
void register_preset(Cli& cli);
void register_tuning(Cli& cli);
void register_module(Cli& cli);
void register_doctor(Cli& cli);
void register_monitor(Cli& cli);
void register_stats(Cli& cli);
void register_health(Cli& cli);
void register_mount(Cli& cli);
void register_umount(Cli& cli);
void register_config(Cli& cli);
void register_alert(Cli& cli);
void register_bench(Cli& cli);
void register_completion(Cli& cli);
void register_bridge(Cli& cli);

void register_nouns(Cli& cli);

}  // namespace vexfs::ctl
