// SPDX-License-Identifier: Apache-2.0
// A result of a benchmark for people: as Markdown, and as one HTML page with plots that needs nothing else.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace vexfs::ctl {

// What read_result() gave; `after` is null, or a later result that is compared with `result`.
std::string to_markdown(const nlohmann::ordered_json& result, const nlohmann::ordered_json& after);
std::string to_html(const nlohmann::ordered_json& result, const nlohmann::ordered_json& after);

}  // namespace vexfs::ctl
