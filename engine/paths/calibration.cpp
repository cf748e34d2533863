// SPDX-License-Identifier: Apache-2.0
#include "engine/paths/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace vexfs::paths {
namespace {

constexpr std::array recalls{0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995};

constexpr uint32_t breadth_max = 65'536;

float held(const CalibrationPoint& point) {
    return point.recall - point.error;
}

// By the logarithm: recall rises about evenly with it.
uint32_t between(uint32_t low, uint32_t high, double share) {
    if (low == 0 || low == high) return high;
    return static_cast<uint32_t>(std::ceil(low * std::pow(static_cast<double>(high) / low, share)));
}

float between(float low, float high, double share) {
    return low + static_cast<float>(share) * (high - low);
}

// A share of what is more than 1 by the logarithm: at a reach of 1, a walk ends with the nearest found.
float reach_between(float low, float high, double share) {
    if (low <= 1 || high <= low) return high;
    return static_cast<float>(1 + (low - 1) * std::pow((high - 1) / (low - 1), share));
}

// The least of a path's points that holds the recall; its last where none does.
CalibrationPoint least_of(std::span<const CalibrationPoint> points, double recall) {
    for (size_t i = 0; i < points.size(); ++i) {
        const CalibrationPoint& point = points[i];
        if (held(point) < recall) continue;
        if (i == 0) return point;
        const CalibrationPoint& before = points[i - 1];
        const double rise = held(point) - held(before);
        const double share = rise > 0 ? std::clamp((recall - held(before)) / rise, 0.0, 1.0) : 1;
        return {{point.setting.path, between(before.setting.breadth, point.setting.breadth, share),
                 between(before.setting.probes, point.setting.probes, share),
                 reach_between(before.setting.reach, point.setting.reach, share)},
                between(before.recall, point.recall, share),
                point.error,
                between(before.cost_us, point.cost_us, share),
                between(before.seen, point.seen, share)};
    }
    return points.back();
}

}  // namespace

bool possible(const CalibrationPoint& point) {
    const auto usable = [](float value) { return std::isfinite(value) && value >= 0; };
    return static_cast<uint32_t>(point.setting.path) < path_count && point.setting.breadth > 0 &&
           point.setting.breadth <= breadth_max && point.setting.probes <= breadth_max &&
           usable(point.setting.reach) && usable(point.recall) && usable(point.error) &&
           usable(point.cost_us) && usable(point.seen);
}

void Calibration::add(std::vector<CalibrationPoint> of_path) {
    points_.insert(points_.end(), of_path.begin(), of_path.end());
}

void Calibration::drop(Path path) {
    std::erase_if(points_, [&](const CalibrationPoint& point) { return point.setting.path == path; });
}

std::span<const CalibrationPoint> Calibration::next_path(size_t first) const {
    size_t end = first;
    while (end < points_.size() && points_[end].setting.path == points_[first].setting.path) ++end;
    return std::span(points_).subspan(first, end - first);
}

CalibrationPoint Calibration::for_recall(double recall) const {
    CalibrationPoint best;
    bool held_by_best = false;
    for (size_t first = 0; first < points_.size();) {
        const auto of_path = next_path(first);
        first += of_path.size();
        const CalibrationPoint least = least_of(of_path, recall);
        const bool holds = held(of_path.back()) >= recall || held(least) >= recall;
        const bool better =
            best.setting.breadth == 0 || (holds && !held_by_best) ||
            (holds == held_by_best && (holds ? least.cost_us < best.cost_us : held(least) > held(best)));
        if (!better) continue;
        best = least;
        held_by_best = holds;
    }
    return best;
}

Setting Calibration::walk(uint32_t ef) const {
    const Setting plain{Path::graph, ef};
    const auto is_walk = [](const CalibrationPoint& point) { return point.setting.path == Path::graph; };
    const auto first = std::ranges::find_if(points_, is_walk);
    const auto end = std::find_if_not(first, points_.end(), is_walk);
    if (end - first < 2) return plain;
    // What walks look at in any case tells nothing of their reach.
    const auto wanted = static_cast<float>(ef);
    if (wanted < 2 * first->seen) return plain;
    const auto above =
        std::find_if(first + 1, end - 1, [&](const CalibrationPoint& point) { return point.seen >= wanted; });
    // Beyond the last of the points, on the line of the last two.
    const CalibrationPoint &low = above[-1], &high = *above;
    if (!(high.seen > low.seen) || !(low.seen > 0)) return plain;
    const double share = std::log(wanted / low.seen) / std::log(high.seen / low.seen);
    return {Path::graph, walk_breadth(ef), 0, reach_between(low.setting.reach, high.setting.reach, share)};
}

bool Calibration::useful(Path path, double least) const {
    return std::ranges::any_of(recalls, [&](double recall) {
        if (recall < least) return false;
        const CalibrationPoint point = for_recall(recall);
        return point.setting.breadth > 0 && point.setting.path == path;
    });
}

}  // namespace vexfs::paths
