// SPDX-License-Identifier: Apache-2.0
// The rows or nodes that a search may find: all that live, or of these the ones that a filter takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "engine/base/function_ref.h"

namespace vexfs::paths {

struct Selection {
    template <class Accept>
    requires std::is_invocable_r_v<bool, Accept&, uint32_t>
    // NOLINTNEXTLINE(google-explicit-constructor)
    Selection(Accept&& accepts) : accept(accepts) {}
    Selection(FunctionRef<bool(uint32_t)> accepts, double part, size_t nodes)
        : accept(accepts), share(part), nodes_max(nodes) {}

    FunctionRef<bool(uint32_t)> accept;
    double share = 1;             // of the rows that live, about, above 0
    size_t nodes_max = SIZE_MAX;  // where that is below 1, a walk ends when it has looked at so many
};

}  // namespace vexfs::paths
