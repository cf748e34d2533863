// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/parallel.h"

namespace vexfs::graph {
namespace {

constexpr std::array<uint32_t, 18> breadths{16,  24,  32,  48,   64,   96,   128,  192,  256,
                                            384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144};
constexpr float recall_enough = 0.998F;

// The share of a sampled node's neighbours that a search finds.
float recall_of(const Graph& graph, const Sample& sample, size_t i, uint32_t ef, std::vector<Found>& found) {
    graph.search(&sample.queries[i * graph.layout().dimension], ef, found, sample.nodes[i]);
    const size_t kept = std::min(reranked(calibrated_limit), found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<ptrdiff_t>(kept), found.end(),
                      [](const Found& a, const Found& b) { return a.distance < b.distance; });
    const uint32_t* neighbours = &sample.neighbours[i * calibrated_limit];
    const uint32_t* end = std::find(neighbours, neighbours + calibrated_limit, no_node);
    size_t hits = 0;
    for (size_t k = 0; k < kept; ++k) hits += std::find(neighbours, end, found[k].node) != end ? 1 : 0;
    return neighbours == end ? 1 : static_cast<float>(hits) / static_cast<float>(end - neighbours);
}

}  // namespace

Calibration Calibration::measure(const Graph& graph, const Sample& sample, unsigned threads) {
    std::vector<CalibrationPoint> points;
    const size_t count = sample.nodes.size();
    if (count == 0) return {};
    std::vector<float> recalls(count);
    std::vector<std::vector<Found>> found(std::max(1U, threads));
    for (const uint32_t ef : breadths) {
        parallel_for(threads, count, [&](unsigned worker, size_t i) {
            recalls[i] = recall_of(graph, sample, i, ef, found[worker]);
        });
        double sum = 0, squares = 0;
        for (const float recall : recalls) {
            sum += recall;
            squares += double{recall} * recall;
        }
        const double mean = sum / static_cast<double>(count);
        const double variance = std::max(0.0, squares / static_cast<double>(count) - mean * mean);
        points.push_back({ef, static_cast<float>(mean),
                          static_cast<float>(std::sqrt(variance / static_cast<double>(count)))});
        if (points.back().recall >= recall_enough || ef >= graph.nodes()) break;
    }
    return Calibration(std::move(points));
}

CalibrationPoint Calibration::for_recall(double recall) const {
    if (points_.empty()) return {};
    const auto held = [](const CalibrationPoint& point) { return point.recall - point.error; };
    for (size_t i = 0; i < points_.size(); ++i) {
        const CalibrationPoint& point = points_[i];
        if (held(point) < recall) continue;
        if (i == 0) return point;
        // Between two breadths, by the logarithm: recall rises about evenly with it.
        const CalibrationPoint& before = points_[i - 1];
        const double rise = held(point) - held(before);
        const double share = rise > 0 ? std::clamp((recall - held(before)) / rise, 0.0, 1.0) : 1;
        const double ef = before.ef * std::pow(static_cast<double>(point.ef) / before.ef, share);
        return {static_cast<uint32_t>(std::ceil(ef)),
                before.recall + static_cast<float>(share) * (point.recall - before.recall), point.error};
    }
    return points_.back();
}

}  // namespace vexfs::graph
