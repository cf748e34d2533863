// SPDX-License-Identifier: Apache-2.0
// Vectors for the tests of indexes, and the truth about them.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "engine/index/hnsw.h"

namespace vexfs::test {

struct Vectors {
    size_t dimension = 0;
    std::vector<float> values;  // [rows, dimension]

    uint32_t rows() const { return static_cast<uint32_t>(values.size() / dimension); }
    const float* operator[](size_t row) const { return values.data() + row * dimension; }
};

// Points around `clusters` centres. The same seed gives the same centres, whatever the stream.
inline Vectors clustered(size_t rows, size_t dimension, size_t clusters, uint64_t stream, uint64_t seed = 5) {
    std::mt19937_64 centres_random(seed), random(seed * 1000 + stream);
    std::normal_distribution<float> normal;
    std::vector<float> centres(clusters * dimension);
    for (float& value : centres) value = 2 * normal(centres_random);
    Vectors vectors{dimension, std::vector<float>(rows * dimension)};
    for (size_t row = 0; row < rows; ++row) {
        const size_t centre = random() % clusters;
        for (size_t i = 0; i < dimension; ++i)
            vectors.values[row * dimension + i] = centres[centre * dimension + i] + normal(random);
    }
    return vectors;
}

inline double distance(simd::Metric metric, const float* a, const float* b, size_t dimension) {
    double dot = 0, squares_a = 0, squares_b = 0, euclidean = 0, manhattan = 0;
    for (size_t i = 0; i < dimension; ++i) {
        const double x = a[i], y = b[i];
        dot += x * y;
        squares_a += x * x;
        squares_b += y * y;
        euclidean += (x - y) * (x - y);
        manhattan += std::fabs(x - y);
    }
    switch (metric) {
        case simd::Metric::cosine:
            return squares_a > 0 && squares_b > 0 ? 1 - dot / std::sqrt(squares_a * squares_b) : 1;
        case simd::Metric::euclidean: return std::sqrt(euclidean);
        case simd::Metric::dot: return -dot;
        case simd::Metric::manhattan: return manhattan;
    }
    return 0;
}

// The rows nearest to the query of those that `accept` takes, nearest first.
template <class Accept>
std::vector<uint32_t> nearest(const Vectors& vectors, simd::Metric metric, const float* query, size_t limit,
                              Accept accept) {
    std::vector<std::pair<double, uint32_t>> all;
    for (uint32_t row = 0; row < vectors.rows(); ++row)
        if (accept(row)) all.emplace_back(distance(metric, query, vectors[row], vectors.dimension), row);
    std::sort(all.begin(), all.end());
    std::vector<uint32_t> rows;
    for (size_t i = 0; i < std::min(limit, all.size()); ++i) rows.push_back(all[i].second);
    return rows;
}

inline constexpr auto any_row = [](uint32_t) { return true; };

inline std::set<uint32_t> rows_of(const std::vector<Neighbour>& neighbours) {
    std::set<uint32_t> rows;
    for (const Neighbour& one : neighbours) rows.insert(one.row);
    return rows;
}

// Of the true ten nearest, the share that searches find.
template <class Accept>
double recall_at_10(const Hnsw& index, const Vectors& vectors, simd::Metric metric, const Vectors& queries,
                    size_t ef, Accept accept) {
    size_t found = 0, expected = 0;
    std::vector<Neighbour> out;
    for (uint32_t i = 0; i < queries.rows(); ++i) {
        index.search(queries[i], 10, ef, accept, out);
        const std::set<uint32_t> rows = rows_of(out);
        for (const uint32_t row : nearest(vectors, metric, queries[i], 10, accept)) {
            ++expected;
            found += rows.count(row);
        }
    }
    return static_cast<double>(found) / static_cast<double>(expected);
}

inline void add_all(Hnsw& index, const Vectors& vectors) {
    for (uint32_t row = 0; row < vectors.rows(); ++row) index.add(row, vectors[row]);
}

// A directory that goes with its content.
class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        std::string name = std::filesystem::temp_directory_path() / "vexfs-index-XXXXXX";
        path_ = mkdtemp(name.data());
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    std::string file(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

}  // namespace vexfs::test
