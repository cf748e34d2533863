// SPDX-License-Identifier: Apache-2.0
// Overlapping clusters of near points, small enough that all distances inside one can be computed at once:
// the first step of a bulk build (as in HCNNG, Munoz et al. 2019, and PiPNN-like partition builds).
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "engine/codes/int8.h"

namespace vexfs::graph {

inline constexpr size_t leaf_points_max = 900;

// Every point is in its `overlap` nearest leaves, or in fewer where clusters had to be split. Leaders are
// drawn with `seed`; the result depends on nothing else. Empty when stopped.
std::vector<std::vector<uint32_t>> partition(const codes::Int8Table& table, size_t overlap, uint64_t seed,
                                             unsigned threads, const std::stop_token& stop);

}  // namespace vexfs::graph
