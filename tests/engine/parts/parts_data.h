// SPDX-License-Identifier: Apache-2.0
// An index of parts over rows that a test appends.
#pragma once

#include "../index_data.h"
#include "engine/collection/part_index.h"

namespace vexfs::test {

// Rows of a collection that has all its vectors in memory; row i is vector i.
struct Rows {
    explicit Rows(Vectors all) : vectors(std::move(all)) {}

    void append(uint32_t count) {
        for (uint32_t i = 0; i < count; ++i) {
            const uint32_t row = table.appended();
            const float* vector = vectors[row];
            table.append(row, vector, nullptr, 1);
        }
        table.publish();
    }
    std::vector<Neighbour> search(const Index& index, const float* query, size_t limit, size_t ef) const {
        const auto accept = [&](uint32_t row) { return !table.dead(row); };
        const auto compare = [&](std::span<const uint32_t> rows, std::vector<Neighbour>& out) {
            for (const uint32_t row : rows) {
                const double exact =
                    distance(simd::Metric::euclidean, query, vectors[row], vectors.dimension);
                out.push_back({static_cast<float>(exact), row});
            }
        };
        std::vector<Neighbour> found;
        index.search({query, limit, ef, 0, accept, compare}, found);
        return found;
    }

    Vectors vectors;
    RowTable table;
};

inline HnswParameters quick_parameters() {
    HnswParameters parameters;
    parameters.ef_construction = 40;
    return parameters;
}

inline Schema schema_of(const Rows& rows, Algorithm algorithm = Algorithm::hnsw) {
    Schema schema;
    schema.dimension = static_cast<uint32_t>(rows.vectors.dimension);
    schema.metric = simd::Metric::euclidean;
    schema.algorithm = algorithm;
    schema.hnsw = quick_parameters();
    return schema;
}

inline std::unique_ptr<PartIndex> empty_index(const Rows& rows, Algorithm algorithm = Algorithm::hnsw) {
    return std::make_unique<PartIndex>(schema_of(rows, algorithm), std::vector<PartIndex::Saved>{});
}

inline IndexWork all_work() {
    IndexWork work;
    work.threads = 2;
    work.all = true;
    return work;
}

// Works until nothing is left to do; how many steps it took, `steps_max` at most.
inline size_t settle(Index& index, const RowTable& rows, size_t steps_max = 20) {
    size_t steps = 0;
    while (steps < steps_max && index.work(rows, all_work())) ++steps;
    return steps;
}

inline double recall_at_10(const Index& index, const Rows& rows, const Vectors& queries, size_t ef) {
    size_t found = 0, expected = 0;
    for (uint32_t i = 0; i < queries.rows(); ++i) {
        const auto got = rows_of(rows.search(index, queries[i], 10, ef));
        const auto live = [&](uint32_t row) { return row < index.indexed() && !rows.table.dead(row); };
        for (const uint32_t row : nearest(rows.vectors, simd::Metric::euclidean, queries[i], 10, live)) {
            ++expected;
            found += got.count(row);
        }
    }
    return static_cast<double>(found) / static_cast<double>(expected);
}

}  // namespace vexfs::test
