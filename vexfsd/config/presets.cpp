// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/config/presets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "vexfsd/base/nearest.h"
#include "vexfsd/config/catalog.h"
#include "vexfsd/config/directories.h"
#include "vexfsd/config/toml_file.h"

namespace vexfs {
namespace {

// Reads one preset's file; every mistake in it goes to `problems`.
class PresetReader {
  public:
    PresetReader(Preset& preset, std::vector<ConfigProblem>& problems)
        : preset_(preset), problems_(problems) {}

    // The keys come sorted, so the algorithm is known before the parameters.
    void read(const toml::table& table) {
        bool has_algorithm = false;
        for (const auto& [key, node] : table) {
            const std::string_view name = key.str();
            if (name == "description") {
                take_description(node);
            } else if (name == "algorithm") {
                has_algorithm = true;
                take_algorithm(node);
            } else if (name == "target_recall") {
                take_target_recall(node);
            } else if (name == "parameters") {
                take_parameters(node);
            } else {
                constexpr std::string_view known[] = {"description", "algorithm", "target_recall",
                                                      "parameters"};
                add(key.source(), fmt::format("a preset has no key {}", name), did_you_mean(name, known));
            }
        }
        if (!has_algorithm) problems_.push_back({preset_.file, 0, 0, "the preset names no algorithm", {}});
    }

  private:
    void add(const toml::source_region& place, std::string message, std::string hint = {}) {
        problems_.push_back(problem_at(preset_.file, place, std::move(message), std::move(hint)));
    }

    void take_description(const toml::node& node) {
        if (const auto* text = node.as_string()) {
            preset_.description = text->get();
        } else {
            add(node.source(), "description takes a string");
        }
    }

    void take_algorithm(const toml::node& node) {
        const auto* text = node.as_string();
        if (text == nullptr) return add(node.source(), "algorithm takes a string");
        auto algorithm = algorithm_from_name(text->get());
        if (!algorithm) return add(node.source(), algorithm.error().message, algorithm.error().hint);
        preset_.algorithm = *algorithm;
    }

    void take_target_recall(const toml::node& node) {
        const auto recall = node.is_number() ? node.value<double>() : std::nullopt;
        if (!recall) return add(node.source(), "target_recall takes a number");
        // Written so that NaN is refused as well.
        if (!(*recall > 0 && *recall < 1)) {
            return add(node.source(), fmt::format("target_recall is {}, not between 0 and 1", *recall));
        }
        preset_.target_recall = *recall;
    }

    void take_parameters(const toml::node& node) {
        const toml::table* table = node.as_table();
        if (table == nullptr) return add(node.source(), "parameters takes a table");
        for (const auto& [key, value] : *table) {
            const std::string name(key.str());
            auto parameter = json_of(name, value);
            if (!parameter) {
                add(value.source(), parameter.error().message);
                continue;
            }
            Schema schema;
            if (auto set = set_parameter(schema, name, *parameter); !set) {
                add(value.source(), set.error().message, set.error().hint);
                continue;
            }
            preset_.parameters[name] = std::move(*parameter);
        }
    }

    Preset& preset_;
    std::vector<ConfigProblem>& problems_;
};

// What Collection::configure changes while a collection serves.
constexpr std::array<std::string_view, 3> live_names{"ef_search", "target_recall", "durability"};

bool is_live(const std::string& name) {
    const auto in = [&](const auto& names) { return std::ranges::find(names, name) != names.end(); };
    return in(live_names) || in(io_parameter_names);
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

std::string plain(const nlohmann::json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

nlohmann::json to_json(const Preset& preset) {
    return {{"name", preset.name},
            {"description", preset.description},
            {"algorithm", name_of(preset.algorithm)},
            {"target_recall", preset.target_recall},
            {"parameters", preset.parameters},
            {"file", preset.file}};
}

Result<Schema> schema_of(const Preset& preset) {
    Schema schema;
    schema.algorithm = preset.algorithm;
    schema.preset = preset.name;
    for (const auto& [name, value] : preset.parameters.items()) VEXFS_TRY(set_parameter(schema, name, value));
    schema.target_recall = preset.target_recall;
    Schema probe = schema;
    probe.dimension = 1;
    VEXFS_TRY(check(probe));
    return schema;
}

Result<nlohmann::json> live_parameters(const Preset& preset, const std::string& collection,
                                       const nlohmann::json& schema) {
    VEXFS_ASSIGN(const Schema own, schema_of(preset));
    // Through the schema both sides have every parameter, defaults included.
    const nlohmann::json now = parameters_of(schema);
    const nlohmann::json wanted = parameters_of(to_json(own));
    nlohmann::json live = nlohmann::json::object();
    std::vector<std::string> fixed;
    for (const auto& [key, value] : wanted.items()) {
        if (key != "algorithm" && key != "target_recall" && !preset.parameters.contains(key)) continue;
        if (is_live(key)) {
            live[key] = value;
        } else if (now.contains(key) && now[key] != value) {
            fixed.push_back(fmt::format("{} ({} to {})", key, plain(now[key]), plain(value)));
        }
    }
    if (fixed.empty()) return live;
    return fail(ErrorCode::unsupported,
                fmt::format("preset {} changes what collection {} was built with: {}", preset.name,
                            collection, fmt::join(fixed, ", ")),
                fmt::format("'vexfsctl collection reindex {} --preset {}' builds the index anew with it; "
                            "'vexfsctl collection set {} target_recall={}' sets the rest alone",
                            collection, preset.name, collection, plain(live["target_recall"])));
}

std::vector<std::string> PresetCatalog::default_directories() {
    std::vector<std::string> directories = configuration_directories();
    for (std::string& directory : directories) directory += "/presets";
    return directories;
}

PresetCatalog PresetCatalog::load(const std::vector<std::string>& directories) {
    PresetCatalog catalog;
    catalog.directories_ = directories;
    for (const auto& [name, file] : toml_files_by_name(directories)) catalog.add_file(name, file);
    return catalog;
}

void PresetCatalog::add_file(const std::string& name, const std::string& path) {
    const size_t problems_before = problems_.size();
    auto table = read_toml(path);
    if (!table) {
        problems_.push_back(table.error());
        return;
    }
    if (!*table) return;
    Preset preset;
    preset.name = name;
    preset.file = path;
    PresetReader(preset, problems_).read(**table);
    if (problems_.size() != problems_before) return;
    // What no parameter shows alone, such as max_m below m.
    if (auto schema = schema_of(preset); !schema && schema.error().code != ErrorCode::unsupported) {
        problems_.push_back({path, 0, 0, schema.error().message, schema.error().hint});
        return;
    }
    presets_.push_back(std::move(preset));
}

Result<const Preset*> PresetCatalog::find(const std::string& name) const {
    return find_named("preset", name, presets_, problems_, directories_);
}

}  // namespace vexfs
