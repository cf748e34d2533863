// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "vexfsctl/nouns.h"
#include "vexfsctl/show.h"
#include "vexfsd/config/presets.h"

namespace vexfs::ctl {
namespace {

// What Collection::configure changes while a collection serves.
constexpr std::array<std::string_view, 3> live_parameters{"ef_search", "target_recall", "durability"};

bool is_live(const std::string& name) {
    const auto in = [&](const auto& names) { return std::ranges::find(names, name) != names.end(); };
    return in(live_parameters) || in(io_parameter_names);
}

PresetCatalog load_presets(const Output& out) {
    PresetCatalog catalog = PresetCatalog::load();
    for (const ConfigProblem& problem : catalog.problems()) out.note("vexfsctl: " + problem.text());
    return catalog;
}

Result<ExitStatus> list(Context& context) {
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

// Parameters of a collection by the names that presets use.
nlohmann::json parameters_of(const nlohmann::json& schema) {
    nlohmann::json parameters = schema.value("parameters", nlohmann::json::object());
    const auto take = [&](std::string_view name) {
        if (schema.contains(name)) parameters[name] = schema[name];
    };
    for (const char* name : {"algorithm", "target_recall", "durability"}) take(name);
    std::ranges::for_each(io_parameter_names, take);
    return parameters;
}

Result<ExitStatus> apply(Context& context, const std::string& collection, const std::string& name) {
    const PresetCatalog catalog = load_presets(context.out());
    VEXFS_ASSIGN(const Preset* const preset, catalog.find(name));
    VEXFS_ASSIGN(const Schema schema, schema_of(*preset));
    Message request;
    request.header = {{"op", "collection.info"}, {"collection", collection}};
    VEXFS_ASSIGN(const Message info, context.call(request));

    // Through the schema both sides have every parameter, defaults included.
    const nlohmann::json now = parameters_of(info.header.at("schema"));
    const nlohmann::json named = preset->parameters;
    nlohmann::json wanted = parameters_of(to_json(schema));
    nlohmann::json live = nlohmann::json::object();
    std::vector<std::string> fixed;
    for (const auto& [key, value] : wanted.items()) {
        if (key != "algorithm" && key != "target_recall" && !named.contains(key)) continue;
        if (is_live(key)) {
            live[key] = value;
        } else if (now.contains(key) && now[key] != value) {
            fixed.push_back(fmt::format("{} ({} to {})", key, cell(now, key), cell(wanted, key)));
        }
    }
    if (!fixed.empty()) {
        return fail(ErrorCode::unsupported,
                    fmt::format("preset {} changes what collection {} was built with: {}", name, collection,
                                fmt::join(fixed, ", ")),
                    fmt::format("'vexfsctl collection reindex {} --preset {}' builds the index anew with it; "
                                "'vexfsctl collection set {} target_recall={}' sets the rest alone",
                                collection, name, collection, cell(live, "target_recall")));
    }
    request.header["op"] = "collection.configure";
    request.header["parameters"] = std::move(live);
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    return succeeded;
}

}  // namespace

void register_preset(Cli& cli) {
    CLI::App* noun = cli.noun("preset", "Show presets and apply them to collections");
    cli.verb(noun, "list", "List the presets", "vexfsctl preset list", list);

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
