// SPDX-License-Identifier: Apache-2.0
// How broad a search has to be for a recall: measured on a graph, not guessed.
//
// Some of the graph's own rows are searched for as if they were not in it, at rising breadths, and what is
// found is compared with their true neighbours.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/codes/space.h"
#include "engine/graph/graph.h"

namespace vexfs::graph {

inline constexpr uint32_t calibrated_limit = 10;  // recall@10

// Of a search for `limit` rows: how many are compared exactly, the nearest by int8 codes. Enough that the
// errors of the codes hardly cost recall.
constexpr size_t reranked(size_t limit) {
    return limit + (limit > 12 ? limit / 2 : 6);
}

// Some nodes with their calibrated_limit nearest others.
struct Sample {
    std::vector<uint32_t> nodes;
    std::vector<uint32_t> neighbours;  // [nodes][calibrated_limit], no_node where there are fewer
    std::vector<float> queries;        // [nodes][coded dimension]: as queries of the space
};

// `vector` gives the vectors of nodes ([dimension]), null for one that is to be left out; table has their
// codes.
Sample take_sample(const codes::Int8Table& table, const codes::Space& space,
                   FunctionRef<const float*(uint32_t)> vector, unsigned threads);

struct CalibrationPoint {
    uint32_t ef = 0;
    float recall = 0;
    float error = 0;  // standard error of the recall
};

class Calibration {
  public:
    Calibration() = default;
    explicit Calibration(std::vector<CalibrationPoint> points) : points_(std::move(points)) {}
    static Calibration measure(const Graph& graph, const Sample& sample, unsigned threads);

    // Rising in ef; empty where the graph was too small to measure on.
    std::span<const CalibrationPoint> points() const { return points_; }
    // The least ef that held the recall, with the standard error to spare; the greatest measured where none
    // did. 0 where nothing was measured.
    CalibrationPoint for_recall(double recall) const;

  private:
    std::vector<CalibrationPoint> points_;
};

}  // namespace vexfs::graph
