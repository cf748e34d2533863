// SPDX-License-Identifier: Apache-2.0
// Tables of codes and graphs for the tests of the graph's room.
#pragma once

#include <cstring>
#include <numeric>
#include <set>
#include <string>

#include "../index_data.h"
#include "engine/graph/build.h"
#include "engine/graph/graph.h"

namespace vexfs::test {

// Vectors without any structure.
inline Vectors random_points(size_t rows, size_t dimension, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<float> normal;
    Vectors vectors{dimension, std::vector<float>(rows * dimension)};
    for (float& value : vectors.values) value = normal(random);
    return vectors;
}

inline Vectors identical_points(size_t rows, size_t dimension, float value = 0.5F) {
    return {dimension, std::vector<float>(rows * dimension, value)};
}

// The space of the vectors, and their codes in it.
struct CodedVectors {
    explicit CodedVectors(const Vectors& vectors, simd::Metric metric = simd::Metric::euclidean)
        : space(
              vectors.dimension, metric, vectors.rows(), [&](size_t i) { return vectors[i]; }, 1),
          table(vectors.rows(), space.coded_dimension()) {
        for (uint32_t row = 0; row < vectors.rows(); ++row) table.set(row, transformed(vectors[row]).data());
    }
    std::vector<float> transformed(const float* vector) const {
        std::vector<float> result(space.coded_dimension());
        space.transform(vector, result.data());
        return result;
    }
    float distance(uint32_t a, uint32_t b) const {
        codes::Int8Query query;
        query.set(table.bytes(a), table.factors(a), table.dimension());
        return query.distance(simd::code_kernels(), table.bytes(b), table.factors(b));
    }

    codes::Space space;
    codes::Int8Table table;
};

// A graph over the vectors, built in bulk. Its nodes are rows in another order: row[node].
struct BuiltGraph {
    BuiltGraph(const Vectors& vectors, const graph::BuildOptions& options, unsigned bits = 2)
        : coded(vectors),
          graph(coded.table, graph::build_links(coded.table, row, options),
                {coded.table.dimension(), bits > 0 ? (options.degree + 31) / 32 * 32 : options.degree, bits},
                options.threads) {}

    void refine(size_t ef, const graph::BuildOptions& options) {
        const codes::Int8Table table = graph.codes();
        graph = graph::Graph(
            table, graph::refine_links(table, graph.links(table, options.threads), graph, ef, options),
            graph.layout(), options.threads);
    }
    // The rows nearest to a vector, by int8 distance.
    std::vector<uint32_t> search(const float* vector, size_t limit, size_t ef) const {
        std::vector<graph::Found> found;
        graph.search(coded.transformed(vector).data(), {ef}, found);
        std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
            return a.distance != b.distance ? a.distance < b.distance : a.node < b.node;
        });
        std::vector<uint32_t> rows;
        for (size_t i = 0; i < std::min(limit, found.size()); ++i) rows.push_back(row[found[i].node]);
        return rows;
    }
    std::string bytes() const {
        return {reinterpret_cast<const char*>(graph.row(0)), graph.nodes() * graph.layout().row_bytes()};
    }

    std::vector<uint32_t> row;
    CodedVectors coded;
    graph::Graph graph;
};

// Of the true ten nearest, the share that is among the fifteen best by codes: as with reranking.
inline double recall_at_10(const BuiltGraph& built, const Vectors& vectors, const Vectors& queries,
                           size_t ef) {
    size_t found = 0, expected = 0;
    for (uint32_t i = 0; i < queries.rows(); ++i) {
        const auto rows = built.search(queries[i], 15, ef);
        const std::set<uint32_t> unique(rows.begin(), rows.end());
        for (const uint32_t row : nearest(vectors, simd::Metric::euclidean, queries[i], 10, any_row)) {
            ++expected;
            found += unique.count(row);
        }
    }
    return static_cast<double>(found) / static_cast<double>(expected);
}

}  // namespace vexfs::test
