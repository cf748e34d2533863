// SPDX-License-Identifier: Apache-2.0
// Distances of many codes to a few others: the work of partitions, of k-means and of hashing.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>

#include "engine/base/function_ref.h"
#include "engine/codes/int8.h"

namespace vexfs::codes {

// Calls body(i, distances) for each of `nodes`, rows of the table, with its squared distances to the rows of
// `others` ([others.count()], valid during the call); by several threads at once, in an order that is not
// fixed. Leaves some out when it is stopped.
void for_distances(const Int8Table& table, std::span<const uint32_t> nodes, const Int8Table& others,
                   unsigned threads, const std::stop_token& stop,
                   FunctionRef<void(size_t i, const float* distances)> body);

}  // namespace vexfs::codes
