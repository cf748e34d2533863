// SPDX-License-Identifier: Apache-2.0
// The access paths of a part of an lsh collection, measured on its own data.
#pragma once

#include "engine/lsh/part.h"

namespace vexfs::lsh {

// `vector` gives the vectors of nodes, null for one that is gone. Of no use when it was stopped.
AccessPaths choose_paths(const codes::Int8Table& table, const codes::Space& space,
                         FunctionRef<const float*(uint32_t)> vector, const PartParameters& parameters,
                         const paths::PartWork& work);

}  // namespace vexfs::lsh
