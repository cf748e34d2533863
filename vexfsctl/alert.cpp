// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "vexfsctl/monitor/figures.h"
#include "vexfsctl/nouns.h"
#include "vexfsctl/show.h"

namespace vexfs::ctl {
namespace {

Result<ExitStatus> list_alerts(Context& context) {
    VEXFS_ASSIGN(const Message reply, context.call("alerts"));
    Table table{{{"ALERT"}, {"SEVERITY"}, {"COLLECTION"}, {"VALUE", true}, {"THRESHOLD", true}, {"SINCE"}},
                {}};
    for (const auto& alert : reply.header.at("alerts")) {
        table.rows.push_back({cell(alert, "rule"), cell(alert, "severity"), cell(alert, "collection"),
                              scaled(alert, "/value", 1), scaled(alert, "/threshold", 1),
                              clock_time(alert, "/raised_ms")});
    }
    VEXFS_TRY(context.out().print({{"alerts", reply.header.at("alerts")}}, table));
    return succeeded;
}

Result<ExitStatus> rules(Context& context) {
    VEXFS_ASSIGN(const Message reply, context.call("alerts"));
    Table table{{{"RULE"}, {"SEVERITY"}, {"CONDITION"}, {"FOR S", true}, {"DESCRIPTION"}}, {}};
    for (const auto& rule : reply.header.at("rules")) {
        table.rows.push_back(
            {cell(rule, "name"), cell(rule, "severity"),
             fmt::format("{} {} {}", cell(rule, "metric"), cell(rule, "condition"), cell(rule, "threshold")),
             cell(rule, "duration_s"), cell(rule, "description")});
    }
    VEXFS_TRY(context.out().print({{"rules", reply.header.at("rules")}}, table));
    return succeeded;
}

}  // namespace

void register_alert(Cli& cli) {
    CLI::App* noun = cli.noun("alert", "Show alerts that are raised, and the rules for them");
    cli.verb(noun, "list", "Show the alerts that are raised",
             "vexfsctl alert list\nvexfsctl -o json alert list", list_alerts);
    cli.verb(noun, "rules", "Show the rules by which alerts are raised", "vexfsctl alert rules", rules);
}

}  // namespace vexfs::ctl
