// SPDX-License-Identifier: Apache-2.0
#include "engine/paths/sweep.h"

#include <algorithm>

namespace vexfs::paths {
namespace {

constexpr float reach_least = 1.01F, reach_most = 4, reach_rise = 1.3F;  // of what is more than 1
constexpr uint32_t breadth_most = 32'768;
constexpr float gain_min = 0.002F;  // of recall, for which twice as many nodes are compared

}  // namespace

std::vector<CalibrationPoint> sweep_walks(float cost_us_max, float recall_max, Measure measure) {
    std::vector<CalibrationPoint> points;
    size_t seen = 0;  // by the one before, which is not much less
    for (float reach = reach_least;; reach = 1 + (reach - 1) * reach_rise) {
        points.push_back(measure({Path::graph, walk_breadth(seen), 0, reach}));
        seen = static_cast<size_t>(points.back().seen);
        const CalibrationPoint& last = points.back();
        if (last.recall >= recall_max || reach >= reach_most || last.cost_us > cost_us_max) return points;
    }
}

std::vector<CalibrationPoint> sweep_scans(size_t nodes, Measure measure) {
    std::vector<CalibrationPoint> points;
    for (uint32_t breadth = breadth_least;; breadth *= 2) {
        points.push_back(measure({Path::sketch, breadth, 0}));
        if (points.back().recall >= recall_enough || breadth >= nodes || breadth >= breadth_most)
            return points;
    }
}

std::vector<CalibrationPoint> sweep_probes(Path path, size_t probes_max, float cost_us_max, Measure measure) {
    std::vector<CalibrationPoint> points;
    const auto most = static_cast<uint32_t>(std::min<size_t>(probes_max, breadth_most));
    uint32_t breadth = breadth_least;
    for (uint32_t probes = 1;; probes = std::min(most, probes + std::max(1U, probes / 2))) {
        CalibrationPoint best = measure({path, breadth, probes});
        while (breadth < breadth_most) {
            const CalibrationPoint more = measure({path, 2 * breadth, probes});
            if (more.recall < best.recall + gain_min) break;
            best = more;
            breadth *= 2;
        }
        points.push_back(best);
        if (best.recall >= recall_enough || probes == most || best.cost_us > cost_us_max) return points;
    }
}

}  // namespace vexfs::paths
