// SPDX-License-Identifier: Apache-2.0
// A line of a .jsonl file of vectors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace vexfs::formats {

struct JsonRow {
    std::vector<float> vector;
    std::optional<uint64_t> id;
    std::string metadata;  // an object's text, or empty
};

// Takes no more memory than the text has bytes, times a small factor: dimension and depth are checked as the
// elements come.
Result<JsonRow> parse_json_row(const std::string& path, uint64_t line, std::string_view text);

}  // namespace vexfs::formats
