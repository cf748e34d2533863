// SPDX-License-Identifier: Apache-2.0
// What users write on the command line, as values: --set, --like, --vector, JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace vexfs::ctl {

// A JSON number or boolean where the text is one, else a string: 16, 0.5, true, king.
nlohmann::json scalar_from_text(std::string_view text);

// KEY=VALUE each, to {"KEY":VALUE}. invalid_argument for one without '=' or a key given twice.
Result<nlohmann::json> parameters_from_assignments(const std::vector<std::string>& assignments);

// --like: "7" is {"id":7}, "word=king" is {"field":"word","value":"king"}.
Result<nlohmann::json> like_from_text(std::string_view text);

// A JSON object that was given to `option`; malformed says where it breaks.
Result<nlohmann::json> object_from_text(std::string_view option, std::string_view text);

// --vector: a JSON array of numbers, @FILE (a vector file with one row, or .json), or - for JSON on standard
// input.
Result<std::vector<float>> vector_from_argument(const std::string& argument);

// All of standard input, `bytes_max` at most.
Result<std::string> read_standard_input(size_t bytes_max);

}  // namespace vexfs::ctl
