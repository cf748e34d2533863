// SPDX-License-Identifier: Apache-2.0
// Owner, group and mode of a collection as people write them: owner=alice, group=staff, mode=0640.
#pragma once

#include <nlohmann/json.hpp>

#include "engine/base/result.h"

namespace vexfs::ctl {

// Puts uid, gid and mode as requests have them, numbers, in the place of owner, group and mode as octal
// digits. invalid_argument where there is no such user or group, or the mode is none.
Result<void> resolve_access(nlohmann::json& parameters);

}  // namespace vexfs::ctl
