// SPDX-License-Identifier: Apache-2.0
#include "engine/paths/path.h"

#include <algorithm>
#include <cmath>

namespace vexfs::paths {

std::string_view name_of(Path path) {
    switch (path) {
        case Path::graph: return "graph";
        case Path::lists: return "lists";
        case Path::sketch: return "sketch";
        case Path::lsh: return "lsh";
    }
    return "unknown";
}

// More rows lie farther out: the nodes to look at grow with their number, the lists that these stand in more
// slowly.
Setting for_limit(Setting setting, size_t limit) {
    const double more = static_cast<double>(std::max<size_t>(limit, calibrated_limit)) / calibrated_limit;
    const auto times = [](uint32_t value, double factor) {
        return static_cast<uint32_t>(std::min(std::ceil(value * factor), double{UINT32_MAX}));
    };
    setting.breadth = std::max(times(setting.breadth, more), static_cast<uint32_t>(limit));
    setting.probes = times(setting.probes, std::sqrt(more));
    return setting;
}

}  // namespace vexfs::paths
