// SPDX-License-Identifier: Apache-2.0
// What the settings of a part's access paths were measured to give, and which one to take for a recall.
#pragma once

#include <span>
#include <type_traits>
#include <vector>

#include "engine/paths/path.h"

namespace vexfs::paths {

struct CalibrationPoint {
    Setting setting;
    float recall = 0;
    float error = 0;    // standard error of the recall
    float cost_us = 0;  // of a search: the median
    float seen = 0;     // nodes that a search looked at: the mean
};
static_assert(sizeof(CalibrationPoint) == 32 && std::is_trivially_copyable_v<CalibrationPoint>);

inline constexpr size_t calibration_points_max = 128;

// Whether one can have been measured, of one that was read.
bool possible(const CalibrationPoint& point);

class Calibration {
  public:
    Calibration() = default;
    // Points of one path behind each other, rising in reach, breadth or probes.
    explicit Calibration(std::vector<CalibrationPoint> points) : points_(std::move(points)) {}
    void add(std::vector<CalibrationPoint> of_path);
    void drop(Path path);

    std::span<const CalibrationPoint> points() const { return points_; }
    // The cheapest that held the recall with the standard error to spare; where none did, the one that came
    // nearest to it. Of no breadth where nothing was measured.
    CalibrationPoint for_recall(double recall) const;
    // A walk that expands about so many nodes, more for queries that need them and fewer for those that
    // don't; where none was measured to take so few, one of that breadth.
    Setting walk(uint32_t ef) const;
    // Whether any recall, of `least` or more, is reached the cheapest by the path.
    bool useful(Path path, double least = 0) const;

  private:
    std::span<const CalibrationPoint> next_path(size_t first) const;

    std::vector<CalibrationPoint> points_;
};

}  // namespace vexfs::paths
