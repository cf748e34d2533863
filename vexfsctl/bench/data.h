// SPDX-License-Identifier: Apache-2.0
// Vectors for a benchmark, queries that are not among them, and the true neighbours of these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace vexfs::ctl {

struct BenchData {
    uint32_t dimension = 0;
    std::vector<float> vectors;  // [rows, dimension], each of length 1
    std::vector<float> queries;  // [queries, dimension], likewise

    size_t rows() const { return vectors.size() / dimension; }
    size_t query_count() const { return queries.size() / dimension; }
    std::span<const float> vector(size_t row) const {
        return std::span(vectors).subspan(row * dimension, dimension);
    }
    std::span<const float> query(size_t number) const {
        return std::span(queries).subspan(number * dimension, dimension);
    }
};

// Uniformly random directions of one octant, as the performance reference has them: the same for a seed.
BenchData uniform_data(size_t rows, size_t queries, uint32_t dimension, uint64_t seed);

// The rows nearest to each query by their angle, the nearest first: [queries, limit]. Every row is compared,
// by this program and not by the engine. False from `goes_on` ends it early, with nothing.
std::vector<uint32_t> true_neighbours(const BenchData& data, size_t limit,
                                      const std::function<bool()>& goes_on);

// A line of metadata for each of the rows from `first` on.
std::string metadata_lines(size_t first, size_t rows);

}  // namespace vexfs::ctl
