// SPDX-License-Identifier: Apache-2.0
// A snapshot in Prometheus's text format, version 0.0.4.
#pragma once

#include <string>

#include "vexfsd/watch/snapshot_json.h"

namespace vexfs {

inline constexpr const char* prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

// With the collections that may be told of.
std::string to_prometheus(const Snapshot& snapshot, MayTell may_tell);

}  // namespace vexfs
