// SPDX-License-Identifier: Apache-2.0
// A snapshot as the reply of the request "watch" has it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "engine/base/function_ref.h"
#include "vexfsd/watch/snapshot.h"

namespace vexfs {

using MayTell = FunctionRef<bool(const std::string& collection)>;

// Those of collections that may be told of, and of the daemon.
nlohmann::json to_json(const std::vector<RaisedAlert>& alerts, MayTell may_tell);

// With the collections that may be told of.
nlohmann::json to_json(const Snapshot& snapshot, MayTell may_tell);

}  // namespace vexfs
