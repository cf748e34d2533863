// SPDX-License-Identifier: Apache-2.0
// What two results of a benchmark have in common, figure by figure, and which got worse.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace vexfs::ctl {

// One figure of a result, with what its repeats gave.
struct Figure {
    std::string of, what, unit;  // "hnsw 10000", "insert, batches of 100", "vectors/s"
    double value = 0;
    bool more_is_better = true;
    std::vector<double> repeats;  // empty where it was measured once
};
std::vector<Figure> figures_of(const nlohmann::ordered_json& result);

enum class Trend { same, better, worse };
struct Compared {
    Figure before, after;
    double change = 0;  // 0.1 is a tenth more
    Trend trend = Trend::same;
};
// Those that both have. A change counts where the ranges of the repeats are apart, and by more than a
// twentieth; of what was measured once, a tenth.
std::vector<Compared> compare(const nlohmann::ordered_json& before, const nlohmann::ordered_json& after);

// invalid_argument where it is no result of a benchmark.
Result<nlohmann::ordered_json> read_result(const std::string& path);

}  // namespace vexfs::ctl
