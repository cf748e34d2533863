// SPDX-License-Identifier: Apache-2.0
// Series of settings of an access path, from cheap ones to those that find nearly all.
#pragma once

#include <vector>

#include "engine/base/function_ref.h"
#include "engine/paths/calibration.h"

namespace vexfs::paths {

inline constexpr float recall_enough = 0.998F;
inline constexpr uint32_t breadth_least = 16;  // what is tried first

using Measure = FunctionRef<CalibrationPoint(const Setting&)>;

// A walk in a graph that reaches ever farther, up to one that finds so much or costs more than is of use.
std::vector<CalibrationPoint> sweep_walks(float cost_us_max, float recall_max, Measure measure);

// All of so many sketches, with ever more nodes compared by better codes.
std::vector<CalibrationPoint> sweep_scans(size_t nodes, Measure measure);

// Ever more of so many lists or buckets, and so many nodes of them compared by better codes as are worth it.
std::vector<CalibrationPoint> sweep_probes(Path path, size_t probes_max, float cost_us_max, Measure measure);

}  // namespace vexfs::paths
