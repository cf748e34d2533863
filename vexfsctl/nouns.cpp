// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/nouns.h"

namespace vexfs::ctl {

void register_nouns(Cli& cli) {
    register_collection(cli);
    register_vector(cli);
    register_import(cli);
    register_export(cli);
    register_preset(cli);
    register_tuning(cli);
    register_module(cli);
    register_doctor(cli);
    register_monitor(cli);
    register_stats(cli);
    register_health(cli);
    register_mount(cli);
    register_umount(cli);
    register_config(cli);
    register_alert(cli);
    register_bench(cli);
    register_completion(cli);
    register_bridge(cli);
}

}  // namespace vexfs::ctl
