// SPDX-License-Identifier: Apache-2.0
// A collection's settings as TOML, for the file `config`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "engine/collection/schema.h"
#include "vexfsd/tree/outcome.h"

namespace vexfs {

// All settings; what can't be changed any more is there, too.
std::string config_text(const Schema& schema);

// What a text asks to be different: parameters of collection.configure. Settings that it leaves out, and
// those that are so already, are not in it.
Result<nlohmann::json> changes_in(const std::string& text, const Schema& schema);

}  // namespace vexfs
