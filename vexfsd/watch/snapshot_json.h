// SPDX-License-Identifier: Apache-2.0
// A snapshot as the reply of the request "watch" has it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "engine/base/function_ref.h"
#include "vexfsd/watch/snapshot.h"

namespace vexfs {

using MayTell = FunctionRef<bool(const CollectionFigures&)>;

// With the collections that may be told of.
nlohmann::json to_json(const Snapshot& snapshot, MayTell may_tell);

}  // namespace vexfs
