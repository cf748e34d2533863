// SPDX-License-Identifier: Apache-2.0
// Points and hits of replies, printed.
#pragma once

#include <cstdint>
#include <vector>

#include "vexfsctl/output.h"
#include "vexfsd/requests/message.h"

namespace vexfs::ctl {

// The ids of a reply, from its array or its header.
Result<std::vector<uint64_t>> ids_of(const Message& reply);
// The f32 array "vectors" of a reply, [rows, dimension]; empty where there is none.
Result<std::vector<std::vector<float>>> vectors_of(const Message& reply);

// The hits of a search with one query: rank, id, distance, metadata.
Result<void> print_hits(Output& out, const Message& reply);
// Notes how the reply came about, where it says so and is not printed as JSON.
void explain_search(Output& out, const Message& reply);
// The points of a get: id, metadata.
Result<void> print_points(Output& out, const Message& reply);

}  // namespace vexfs::ctl
