// SPDX-License-Identifier: Apache-2.0
// The kinds of parts that an index of parts has, by its schema's algorithm.
#pragma once

#include "engine/collection/schema.h"
#include "engine/paths/part.h"

namespace vexfs {

// Over `rows`, all of `range`, whose vectors `vector` gives. Null when it was stopped.
std::unique_ptr<paths::Part> build_part(const Schema& schema, paths::RowRange range,
                                        std::vector<uint32_t> rows,
                                        FunctionRef<const float*(uint32_t)> vector,
                                        const paths::PartWork& work);

// One that was saved: corrupt where it is damaged, invalid_argument where it was built for another schema.
Result<std::unique_ptr<paths::Part>> load_part(const Schema& schema, const std::string& path, Disk& disk);

}  // namespace vexfs
