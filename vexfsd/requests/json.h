// SPDX-License-Identifier: Apache-2.0
// JSON from strangers and to them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace vexfs {

inline constexpr int json_depth_max = 64;
// Of a point's metadata: replies that hold them are not nested deeper than json_depth_max.
inline constexpr int metadata_depth_max = json_depth_max - 8;

// Parses a JSON object; malformed where the text is something else, is nested deeper than json_depth_max, or
// names a key twice in one object; the message names the byte.
Result<nlohmann::json> parse_object(std::string_view text);

// One line of valid UTF-8; bytes that are not are replaced by U+FFFD.
std::string to_text(const nlohmann::json& value);

// A value for a message: its JSON, cut off where it is long.
std::string excerpt(const nlohmann::json& value);

}  // namespace vexfs
