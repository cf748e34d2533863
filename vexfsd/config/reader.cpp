// SPDX-License-Identifier: Apache-2.0
// Reads the files of the configuration in their order and collects what is wrong with them.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>

#include "vexfsd/base/nearest.h"
#include "vexfsd/config/directories.h"
#include "vexfsd/config/keys.h"
#include "vexfsd/config/settings.h"
#include "vexfsd/config/toml_file.h"

namespace vexfs {

class ConfigReader {
  public:
    void read_file(const std::string& path, bool must_exist);
    void read_drop_ins(const std::vector<std::string>& directories);
    void check_together();

    Configuration configuration;
    std::vector<ConfigProblem> problems;

  private:
    void take_section(const std::string& path, std::string_view section, const toml::key& where,
                      const toml::node& node);
    void take_key(const std::string& path, std::string_view section, const toml::key& where,
                  const toml::node& node);
};

namespace {

std::vector<std::string> section_names() {
    std::vector<std::string> sections;
    for (const Key& key : keys()) {
        const std::string section(key.shown.name.substr(0, key.shown.name.find('.')));
        if (sections.empty() || sections.back() != section) sections.push_back(section);
    }
    return sections;
}

std::vector<std::string> key_names_in(std::string_view section) {
    std::vector<std::string> names;
    for (const Key& key : keys()) {
        const size_t dot = key.shown.name.find('.');
        if (key.shown.name.substr(0, dot) == section) names.emplace_back(key.shown.name.substr(dot + 1));
    }
    return names;
}

// For a key that stands in a wrong section.
std::string section_hint(std::string_view name) {
    for (const std::string& section : section_names()) {
        if (key_index(fmt::format("{}.{}", section, name)) >= 0) {
            return fmt::format("{} belongs into section [{}]", name, section);
        }
    }
    return {};
}

}  // namespace

void ConfigReader::read_file(const std::string& path, bool must_exist) {
    auto table = read_toml(path);
    if (!table) {
        problems.push_back(table.error());
        return;
    }
    if (!*table) {
        if (must_exist) problems.push_back({path, 0, 0, "there is no such file", {}});
        return;
    }
    configuration.files_.push_back(path);
    const auto before = static_cast<ptrdiff_t>(problems.size());
    for (const auto& [key, node] : **table) take_section(path, key.str(), key, node);
    // The table is sorted by its keys; people read a file from the top.
    std::stable_sort(problems.begin() + before, problems.end(),
                     [](const ConfigProblem& a, const ConfigProblem& b) {
                         return std::tie(a.line, a.column) < std::tie(b.line, b.column);
                     });
}

void ConfigReader::read_drop_ins(const std::vector<std::string>& directories) {
    std::map<std::string, std::string> by_name;
    for (const std::string& directory : directories) {
        for (const std::string& file : toml_files_in(directory)) {
            by_name[std::filesystem::path(file).filename().string()] = file;
        }
    }
    for (const auto& [name, path] : by_name) read_file(path, false);
}

void ConfigReader::take_section(const std::string& path, std::string_view section, const toml::key& where,
                                const toml::node& node) {
    const std::vector<std::string> sections = section_names();
    if (std::find(sections.begin(), sections.end(), section) == sections.end()) {
        std::string hint = node.is_table() ? did_you_mean(section, sections) : section_hint(section);
        problems.push_back(problem_at(
            path, where.source(),
            fmt::format("there is no {} {}", node.is_table() ? "section" : "key", section), std::move(hint)));
        return;
    }
    const toml::table* table = node.as_table();
    if (table == nullptr) {
        problems.push_back(problem_at(path, node.source(), fmt::format("{} is a section, not a key", section),
                                      fmt::format("write [{}]", section)));
        return;
    }
    for (const auto& [key, value] : *table) take_key(path, section, key, value);
}

void ConfigReader::take_key(const std::string& path, std::string_view section, const toml::key& where,
                            const toml::node& node) {
    const std::string name = fmt::format("{}.{}", section, where.str());
    const int index = key_index(name);
    if (index < 0) {
        std::string hint = did_you_mean(where.str(), key_names_in(section));
        if (hint.empty()) hint = section_hint(where.str());
        problems.push_back(problem_at(path, where.source(),
                                      fmt::format("section {} has no key {}", section, where.str()),
                                      std::move(hint)));
        return;
    }
    auto value = json_of(name, node);
    Result<void> set = value ? keys()[static_cast<size_t>(index)].set(configuration.settings_, *value)
                             : tl::unexpected(value.error());
    if (!set) {
        problems.push_back(problem_at(path, node.source(), set.error().message, set.error().hint));
        return;
    }
    configuration.origins_[static_cast<size_t>(index)] = {path, node.source().begin.line};
}

void ConfigReader::check_together() {
    const Settings::Server& server = configuration.settings().server;
    if (server.max_inflight_bytes >= server.max_request_bytes) return;
    // The place of the value that was written down; the other may be built in.
    const Origin& inflight = configuration.origin_of("server.max_inflight_bytes");
    const Origin& request = configuration.origin_of("server.max_request_bytes");
    const Origin& blamed = inflight.line != 0 ? inflight : request;
    problems.push_back(
        {blamed.source, blamed.line, blamed.line == 0 ? 0u : 1u,
         fmt::format("server.max_inflight_bytes ({}) is less than server.max_request_bytes ({})",
                     server.max_inflight_bytes, server.max_request_bytes),
         "a request of the largest size must fit"});
}

tl::expected<Configuration, std::vector<ConfigProblem>> load_configuration(const ConfigSources& sources) {
    ConfigReader reader;
    if (!sources.file.empty()) {
        reader.read_file(sources.file, true);
        reader.read_drop_ins({sources.file + ".d"});
    } else {
        const std::vector<std::string> directories =
            sources.directories.empty() ? configuration_directories() : sources.directories;
        std::vector<std::string> drop_ins;
        for (const std::string& directory : directories) {
            reader.read_file(directory + "/vexfsd.toml", false);
            drop_ins.push_back(directory + "/vexfsd.toml.d");
        }
        reader.read_drop_ins(drop_ins);
    }
    reader.check_together();
    if (!reader.problems.empty()) return tl::unexpected(std::move(reader.problems));
    return std::move(reader.configuration);
}

}  // namespace vexfs
