// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/configuration.h"
#include "vexfsctl/nouns.h"
#include "vexfsctl/show.h"

namespace vexfs::ctl {
namespace {

Result<ExitStatus> show(Context& context) {
    VEXFS_ASSIGN(const Configuration configuration, right_configuration(context.out(), {}));
    Table table{{{"KEY"}, {"VALUE"}, {"DEFAULT"}, {"TYPE"}, {"RANGE"}, {"APPLIES"}, {"ORIGIN"}}, {}};
    nlohmann::ordered_json values = nlohmann::ordered_json::array();
    for (const Configuration::Value& value : configuration.values()) {
        const SettingKey& key = *value.key;
        const nlohmann::json both{{"value", value.value}, {"default", key.default_value}};
        table.rows.push_back({std::string(key.name), cell(both, "value"), cell(both, "default"),
                              std::string(key.type), key.range, std::string(name_of(key.applies)),
                              value.origin.text()});
        values.push_back({{"key", key.name},
                          {"value", value.value},
                          {"default", key.default_value},
                          {"type", key.type},
                          {"range", key.range},
                          {"applies", name_of(key.applies)},
                          {"origin", value.origin.text()},
                          {"description", key.description}});
    }
    // Defaults, types and ranges are for programs and the manual; people get what is set, and where.
    if (context.out().format() == OutputFormat::table) {
        table.columns = {{"KEY"}, {"VALUE"}, {"ORIGIN"}};
        for (auto& row : table.rows) row = {row[0], row[1], row[6]};
    }
    VEXFS_TRY(context.out().print({{"settings", std::move(values)}}, table));
    return succeeded;
}

Result<ExitStatus> check(Context& context, const std::string& file) {
    ConfigSources sources;
    sources.file = file;
    VEXFS_ASSIGN(const Configuration configuration, right_configuration(context.out(), sources));
    Table table{{{"FILE"}}, {}};
    for (const std::string& read : configuration.files()) table.rows.push_back({read});
    VEXFS_TRY(context.out().print({{"files", configuration.files()}}, table));
    context.out().note("the configuration is right");
    return succeeded;
}

}  // namespace

void register_config(Cli& cli) {
    CLI::App* noun = cli.noun("config", "Show and check the daemon's configuration, without the daemon");
    cli.run_there(noun);
    cli.verb(noun, "show", "Show every key with its value and where that came from",
             "vexfsctl config show\nvexfsctl -o json config show", show);
    const auto file = std::make_shared<std::string>();
    CLI::App* check_app = cli.verb(noun, "check", "Find wrong keys, types and ranges, with line and column",
                                   "vexfsctl config check\nvexfsctl config check ./vexfsd.toml",
                                   [file](Context& context) { return check(context, *file); });
    cli.option(check_app, "FILE", *file, "FILE", "This file instead of the installed ones",
               {Completes::Kind::file, {}});
}

}  // namespace vexfs::ctl
