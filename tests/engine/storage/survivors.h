// SPDX-License-Identifier: Apache-2.0
// What a repair may leave of a collection's points.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "engine/collection/collection.h"
#include "engine/collection/repair.h"

namespace vexfs::test {

struct StoredPoint {
    std::vector<float> vector;
    std::string metadata;
    bool operator==(const StoredPoint&) const = default;
};
using StoredPoints = std::map<uint64_t, StoredPoint>;

inline Result<StoredPoints> stored_points(const Collection& collection) {
    StoredPoints points;
    VEXFS_ASSIGN(const auto page, collection.scroll(0, search_limit_max, nullptr, true));
    for (const Point& point : page.points) points[point.id] = {point.vector, point.metadata};
    return points;
}

// Why what is left is not what the report says, or "". `before` holds what there was; `older` what each id
// had before it was last changed or deleted.
inline std::string wrong_survivors(const StoredPoints& before, const StoredPoints& older,
                                   const StoredPoints& left, const RepairReport& report) {
    const Losses losses = report.salvaged ? report.salvaged->losses : Losses{};
    const auto listed = [](const std::vector<uint64_t>& ids, uint64_t id) {
        return std::ranges::find(ids, id) != ids.end();
    };
    uint64_t missing = 0, unlisted = 0;
    for (const auto& [id, point] : before) {
        if (left.contains(id)) continue;
        ++missing;
        unlisted += listed(losses.lost_ids, id) ? 0 : 1;
    }
    for (const auto& [id, point] : left) {
        const auto was = before.find(id);
        if (was != before.end() && was->second == point) continue;
        const auto old = older.find(id);
        if (old == older.end() || old->second != point)
            return fmt::format("point {} has a value that it never had", id);
        const bool told = listed(losses.older_ids, id) || listed(losses.older_metadata_ids, id) ||
                          listed(losses.undeleted_ids, id);
        unlisted += told ? 0 : 1;
    }
    if (missing > losses.rows_max)
        return fmt::format("{} points are missing, {} are told", missing, losses.rows_max);
    // The damage may be in the very id that the record tells.
    const uint64_t unlisted_max = losses.ranges.empty() ? 0 : losses.others_may_be_older ? UINT64_MAX : 1;
    if (unlisted > unlisted_max)
        return fmt::format("{} points are lost or older, which is not told", unlisted);
    return {};
}

}  // namespace vexfs::test
