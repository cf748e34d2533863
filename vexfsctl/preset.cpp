// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "vexfsctl/nouns.h"
#include "vexfsctl/show.h"
#include "vexfsd/config/presets.h"

namespace vexfs::ctl {
namespace {

PresetCatalog load_presets(const Output& out) {
    PresetCatalog catalog = PresetCatalog::load();
    for (const ConfigProblem& problem : catalog.problems()) out.note("vexfsctl: " + problem.text());
    return catalog;
}

Result<ExitStatus> list_presets(Context& context) {
    const PresetCatalog catalog = load_presets(context.out());
    Table table{{{"NAME"}, {"ALGORITHM"}, {"TARGET RECALL", true}, {"DESCRIPTION"}}, {}};
    nlohmann::ordered_json presets = nlohmann::ordered_json::array();
    for (const Preset& preset : catalog.presets()) {
        presets.push_back(nlohmann::ordered_json(to_json(preset)));
        table.rows.push_back({preset.name, std::string(name_of(preset.algorithm)),
                              fmt::format("{}", preset.target_recall), preset.description});
    }
    VEXFS_TRY(context.out().print({{"presets", std::move(presets)}}, table));
    return succeeded;
}

std::string toml_of(const Preset& preset) {
    std::string text =
        fmt::format("description = {}\nalgorithm = \"{}\"\ntarget_recall = {}\n\n[parameters]\n",
                    nlohmann::json(preset.description).dump(), name_of(preset.algorithm),
                    nlohmann::json(preset.target_recall).dump());
    for (const auto& [key, value] : preset.parameters.items())
        text += fmt::format("{} = {}\n", key, value.dump());
    return text;
}

Result<ExitStatus> show(Context& context, const std::string& name, bool as_toml) {
    const PresetCatalog catalog = load_presets(context.out());
    VEXFS_ASSIGN(const Preset* const preset, catalog.find(name));
    if (as_toml) {
        VEXFS_TRY(context.out().print_text(toml_of(*preset)));
    } else {
        VEXFS_TRY(print_pairs(context.out(), to_json(*preset)));
    }
    return succeeded;
}

Result<ExitStatus> apply(Context& context, const std::string& collection, const std::string& name) {
    const PresetCatalog catalog = load_presets(context.out());
    VEXFS_ASSIGN(const Preset* const preset, catalog.find(name));
    Message request;
    request.header = {{"op", "collection.info"}, {"collection", collection}};
    VEXFS_ASSIGN(const Message info, context.call(request));
    VEXFS_ASSIGN(nlohmann::json live, live_parameters(*preset, collection, info.header.at("schema")));
    request.header["op"] = "collection.configure";
    request.header["parameters"] = std::move(live);
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    return succeeded;
}

}  // namespace

void register_preset(Cli& cli) {
    CLI::App* noun = cli.noun("preset", "Show presets and apply them to collections");
    cli.run_there(noun);
    cli.verb(noun, "list", "List the presets", "vexfsctl preset list", list_presets);

    const Completes presets{Completes::Kind::preset, {}};
    const auto shown = std::make_shared<std::string>();
    const auto as_toml = std::make_shared<bool>(false);
    CLI::App* show_app =
        cli.verb(noun, "show", "Show a preset's parameters", "vexfsctl preset show balanced --toml",
                 [shown, as_toml](Context& context) { return show(context, *shown, *as_toml); });
    cli.option(show_app, "PRESET", *shown, "PRESET", "The preset", presets)->required();
    show_app->add_flag("--toml", *as_toml, "As the text of a preset file");

    const auto collection = std::make_shared<std::string>();
    const auto applied = std::make_shared<std::string>();
    CLI::App* apply_app = cli.verb(
        noun, "apply", "Give a collection a preset's parameters, those that can change while it serves",
        "vexfsctl preset apply words high-recall",
        [collection, applied](Context& context) { return apply(context, *collection, *applied); });
    cli.collection_argument(apply_app, *collection);
    cli.option(apply_app, "PRESET", *applied, "PRESET", "The preset", presets)->required();
}

}  // namespace vexfs::ctl
