// SPDX-License-Identifier: Apache-2.0
// The values that a dotted path leads to in a JSON object.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "engine/base/function_ref.h"

namespace vexfs::filter {

// Shows the visitor each value that filters compare with: what the path leads to, and where that is an array,
// each of its elements too. Objects in an array on the way are all gone into. Until it returns true, which is
// what is returned then.
bool any_value(const nlohmann::json& metadata, std::span<const std::string> path,
               FunctionRef<bool(const nlohmann::json&)> visit);

// Whether it leads to a value.
bool exists(const nlohmann::json& metadata, std::span<const std::string> path);

}  // namespace vexfs::filter
