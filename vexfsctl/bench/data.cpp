// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/bench/data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <iterator>
#include <random>
#include <thread>

#include "engine/base/parallel.h"

namespace vexfs::ctl {
namespace {

std::vector<float> directions(size_t rows, uint32_t dimension, std::mt19937_64& random) {
    std::uniform_real_distribution<float> uniform(0, 1);
    std::vector<float> values(rows * dimension);
    for (size_t row = 0; row < rows; ++row) {
        float* const vector = values.data() + row * dimension;
        double square = 0;
        for (uint32_t i = 0; i < dimension; ++i) {
            vector[i] = uniform(random);
            square += static_cast<double>(vector[i]) * static_cast<double>(vector[i]);
        }
        const auto length = static_cast<float>(std::sqrt(square));
        for (uint32_t i = 0; i < dimension && length > 0; ++i) vector[i] /= length;
    }
    return values;
}

float dot(std::span<const float> a, std::span<const float> b) {
    constexpr size_t lanes = 16;  // added up apart, so that they can be in one register
    std::array<float, lanes> sums{};
    size_t i = 0;
    for (; i + lanes <= a.size(); i += lanes)
        for (size_t lane = 0; lane < lanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
    float sum = 0;
    for (; i < a.size(); ++i) sum += a[i] * b[i];
    for (const float lane : sums) sum += lane;
    return sum;
}

}  // namespace

BenchData uniform_data(size_t rows, size_t queries, uint32_t dimension, uint64_t seed) {
    std::mt19937_64 random(seed);
    BenchData data;
    data.dimension = dimension;
    data.vectors = directions(rows, dimension, random);
    data.queries = directions(queries, dimension, random);
    return data;
}

std::vector<uint32_t> true_neighbours(const BenchData& data, size_t limit,
                                      const std::function<bool()>& goes_on) {
    const size_t queries = data.query_count();
    limit = std::min(limit, data.rows());
    std::vector<uint32_t> nearest(queries * limit);
    std::atomic<bool> stopped = false;
    parallel_for(std::max(1U, std::thread::hardware_concurrency()), queries, [&](unsigned, size_t query) {
        if (stopped || !goes_on()) {
            stopped = true;
            return;
        }
        std::vector<std::pair<float, uint32_t>> all(data.rows());
        for (size_t row = 0; row < all.size(); ++row)
            all[row] = {-dot(data.query(query), data.vector(row)), static_cast<uint32_t>(row)};
        std::partial_sort(all.begin(), all.begin() + static_cast<ptrdiff_t>(limit), all.end());
        for (size_t k = 0; k < limit; ++k) nearest[query * limit + k] = all[k].second;
    });
    return stopped ? std::vector<uint32_t>{} : nearest;
}

std::string metadata_lines(size_t first, size_t rows) {
    fmt::memory_buffer lines;
    for (size_t i = first; i < first + rows; ++i) {
        fmt::format_to(std::back_inserter(lines),
                       "{{\"category\":\"category_{}\",\"subcategory\":\"subcat_{}\",\"score\":{},"
                       "\"timestamp\":\"2025-06-{:02}T10:00:00Z\"}}\n",
                       i % 10, i % 100, static_cast<double>(i * 7919 % 1000) / 1000, i % 30 + 1);
    }
    return fmt::to_string(lines);
}

}  // namespace vexfs::ctl
