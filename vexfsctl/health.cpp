// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/nouns.h"
#include "vexfsctl/show.h"

namespace vexfs::ctl {
namespace {

Result<ExitStatus> health(Context& context) {
    VEXFS_ASSIGN(const Message reply, context.call("health"));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    note_quarantined(context.out(), reply.header);
    return cell(reply.header, "status") == "ok" ? ExitStatus::success : ExitStatus::failed;
}

}  // namespace

void register_health(Cli& cli) {
    cli.noun_alone("health",
                   "Tell whether the daemon serves everything: exit status 0 ok, 1 degraded, 4 unreachable",
                   "vexfsctl health\nvexfsctl -o json health", health);
}

}  // namespace vexfs::ctl
