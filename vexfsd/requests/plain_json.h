// SPDX-License-Identifier: Apache-2.0
// JSON as programs write headers: objects, arrays, whole numbers, true, false, null, and strings of printable
// ASCII that need no escape. It is read and written in a fraction of the time that all of JSON takes; what is
// more than that is not known here.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace vexfs {

// The object that a text is. None where it may be more than that, or no JSON, or nothing to be taken.
std::optional<nlohmann::json> read_plain(std::string_view text);

// Appends a value, as nlohmann::json::dump() writes it; false where it is more than that, with the text half
// written.
bool write_plain(const nlohmann::json& value, std::string& text);

}  // namespace vexfs
