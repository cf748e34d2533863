// SPDX-License-Identifier: Apache-2.0
// A TOML file as it is read for the configuration and the presets: bounded, with places for the problems.
#pragma once

#include <toml++/toml.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "vexfsd/config/settings.h"

namespace vexfs {

inline constexpr size_t config_file_bytes_max = 1 << 20;

// None where there is no such file.
tl::expected<std::optional<toml::table>, ConfigProblem> read_toml(const std::string& path);

// The paths of DIRECTORY/*.toml, unordered; none where there is no such directory.
std::vector<std::string> toml_files_in(const std::string& directory);
// By their names without .toml; those of a later directory take the place of earlier ones.
std::map<std::string, std::string> toml_files_by_name(const std::vector<std::string>& directories);

// Puts a problem at the place where a node or key stands in its file.
ConfigProblem problem_at(const std::string& file, const toml::source_region& place, std::string message,
                         std::string hint = {});

// A value as JSON; invalid_argument for dates, times and numbers that are not finite.
Result<nlohmann::json> json_of(std::string_view name, const toml::node& node);

}  // namespace vexfs
