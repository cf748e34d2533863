// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/show.h"

#include <fmt/format.h>

#include "vexfsctl/text.h"

namespace vexfs::ctl {
namespace {

std::string text_of(const nlohmann::json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_null()) return {};
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void flatten(const nlohmann::ordered_json& object, const std::string& prefix, bool for_people, Table& table) {
    for (const auto& [key, value] : object.items()) {
        const std::string name = prefix + key;
        if (value.is_object() && !value.empty()) {
            flatten(value, name + ".", for_people, table);
        } else if (for_people && key.ends_with("_bytes") && value.is_number_unsigned()) {
            table.rows.push_back({name, human_bytes(value.get<uint64_t>())});
        } else if (key == "mode" && value.is_number_unsigned()) {
            table.rows.push_back({name, fmt::format("{:04o}", value.get<uint64_t>())});
        } else {
            table.rows.push_back({name, text_of(value)});
        }
    }
}

}  // namespace

nlohmann::ordered_json payload_of(const nlohmann::json& reply) {
    nlohmann::ordered_json payload = nlohmann::ordered_json::object();
    for (const auto& [key, value] : reply.items()) {
        if (key == "ok" || key == "arrays") continue;
        // The envelope's own "version" stands first: a daemon's goes by a name that can't be taken for it.
        payload[key == "version" ? "daemon_version" : key] = value;
    }
    return payload;
}

std::string cell(const nlohmann::json& object, const std::string& key) {
    const auto found = object.find(key);
    return found == object.end() ? std::string() : text_of(*found);
}

Result<void> print_pairs(Output& out, const nlohmann::json& reply) {
    const nlohmann::ordered_json payload = payload_of(reply);
    Table table{{{""}, {""}}, {}};
    flatten(payload, "", out.format() == OutputFormat::table, table);
    return out.print(payload, table);
}

void note_quarantined(const Output& out, const nlohmann::json& reply) {
    const auto found = reply.find("quarantined");
    if (found == reply.end() || !found->is_array()) return;
    for (const auto& entry : *found) {
        const nlohmann::json error =
            entry.is_object() ? entry.value("error", nlohmann::json()) : nlohmann::json();
        out.note(fmt::format("vexfsctl: collection {} can't be opened: {}",
                             entry.is_object() ? cell(entry, "name") : text_of(entry),
                             error.is_object() ? cell(error, "message") : text_of(error)));
        if (const std::string hint = cell(error.is_object() ? error : nlohmann::json::object(), "hint");
            !hint.empty())
            out.note("hint: " + hint);
    }
}

}  // namespace vexfs::ctl
