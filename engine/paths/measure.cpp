// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>

#include "engine/base/parallel.h"
#include "engine/paths/sample.h"

namespace vexfs::paths {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t quick_searches = 16;

float microseconds_since(Clock::time_point start) {
    return std::chrono::duration<float, std::micro>(Clock::now() - start).count();
}

// The share of a sampled node's neighbours that were found.
float recall_of(const Sample& sample, size_t i, const std::vector<uint32_t>& found) {
    const uint32_t* neighbours = &sample.neighbours[i * calibrated_limit];
    const uint32_t* end = std::find(neighbours, neighbours + calibrated_limit, codes::no_node);
    if (neighbours == end) return 1;
    const auto hits =
        std::ranges::count_if(found, [&](uint32_t node) { return std::find(neighbours, end, node) != end; });
    return static_cast<float>(hits) / static_cast<float>(end - neighbours);
}

}  // namespace

CalibrationPoint measure(const Sample& sample, const Setting& setting, unsigned threads,
                         SampleSearch search) {
    const size_t count = sample.nodes.size();
    std::vector<float> recalls(count), costs_us(count);
    std::vector<std::vector<uint32_t>> found(std::max(1U, threads));
    std::atomic<size_t> seen{0};
    parallel_for(threads, count, [&](unsigned worker, size_t i) {
        const Clock::time_point start = Clock::now();
        seen += search(i, found[worker]);
        costs_us[i] = microseconds_since(start);
        recalls[i] = recall_of(sample, i, found[worker]);
    });
    double sum = 0, squares = 0;
    for (const float recall : recalls) {
        sum += recall;
        squares += double{recall} * recall;
    }
    const double mean = sum / static_cast<double>(count);
    const double variance = std::max(0.0, squares / static_cast<double>(count) - mean * mean);
    // The median: a search that was interrupted says nothing.
    const auto middle = costs_us.begin() + static_cast<ptrdiff_t>(count / 2);
    std::nth_element(costs_us.begin(), middle, costs_us.end());
    return {setting, static_cast<float>(mean),
            static_cast<float>(std::sqrt(variance / static_cast<double>(count))), *middle,
            static_cast<float>(seen) / static_cast<float>(count)};
}

float least_cost_us(const Sample& sample, SampleSearch search) {
    std::vector<uint32_t> found;
    float least = std::numeric_limits<float>::infinity();
    for (size_t i = 0; i < std::min(quick_searches, sample.nodes.size()); ++i) {
        const Clock::time_point start = Clock::now();
        search(i, found);
        least = std::min(least, microseconds_since(start));
    }
    return least;
}

}  // namespace vexfs::paths
