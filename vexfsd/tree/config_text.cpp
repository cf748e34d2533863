// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/config_text.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <array>
#include <charconv>

#include "vexfsd/config/toml_file.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

constexpr const char* table_of_parameters = "parameters";

// In an order for people: what it is, how it is searched, who may use it.
constexpr std::array<std::string_view, 12> top_keys{
    "dimension",     "metric",           "algorithm",      "preset",        "target_recall", "durability",
    "read_ahead_kb", "write_batch_size", "sync_frequency", "use_direct_io", "uid",           "gid"};

json settings_of(const Schema& schema) {
    json settings = to_json(schema);
    settings["mode"] = fmt::format("{:04o}", schema.access.mode);
    return settings;
}

Result<json> mode_from(const json& value) {
    const char* const hint = "write it as with chmod(1), in quotes: \"0660\"";
    if (!value.is_string()) return fail(ErrorCode::invalid_argument, "mode takes an octal number", hint);
    const auto& text = value.get_ref<const std::string&>();
    uint32_t mode = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(ErrorCode::invalid_argument, fmt::format("mode is \"{}\", not an octal number", text),
                    hint);
    return json(mode);
}

void add_line(std::string& text, std::string_view key, const json& value) {
    text += fmt::format("{} = {}\n", key, value.dump());
}

}  // namespace

std::string config_text(const Schema& schema) {
    const json settings = settings_of(schema);
    std::string text;
    for (const std::string_view key : top_keys) add_line(text, key, settings.at(std::string(key)));
    add_line(text, "mode", settings.at("mode"));
    if (const json& parameters = settings.at(table_of_parameters); !parameters.empty()) {
        text += fmt::format("\n[{}]\n", table_of_parameters);
        for (const auto& [key, value] : parameters.items()) add_line(text, key, value);
    }
    return text;
}

Result<json> changes_in(const std::string& text, const Schema& schema) {
    json asked;
    try {
        VEXFS_ASSIGN(asked, json_of("config", toml::parse(text)));
    } catch (const toml::parse_error& error) {
        return fail(ErrorCode::malformed, fmt::format("line {}, column {}: {}", error.source().begin.line,
                                                      error.source().begin.column, error.description()));
    }
    json now = settings_of(schema);
    if (asked.contains(table_of_parameters)) {
        if (!asked[table_of_parameters].is_object())
            return fail(ErrorCode::invalid_argument, "parameters is a table", "write [parameters]");
        for (const auto& [key, value] : asked[table_of_parameters].items()) {
            if (asked.contains(key))
                return fail(ErrorCode::invalid_argument, fmt::format("{} is there twice", key));
            asked[key] = value;
        }
    }
    asked.erase(table_of_parameters);
    now.update(now[table_of_parameters]);
    json changes = json::object();
    for (const auto& [key, value] : asked.items()) {
        if (!now.contains(key) || now[key] != value) changes[key] = value;
    }
    if (changes.contains("mode")) {
        VEXFS_ASSIGN(changes["mode"], mode_from(changes["mode"]));
    }
    return changes;
}

}  // namespace vexfs
