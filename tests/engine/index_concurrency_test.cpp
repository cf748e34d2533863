// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "index_data.h"

using namespace vexfs;
using namespace vexfs::test;
using simd::Metric;

namespace {

// Runs work(i) for every i below count, on that many threads.
template <class Work>
void in_parallel(uint32_t threads, uint32_t count, Work work) {
    std::atomic<uint32_t> next{0};
    std::vector<std::thread> running;
    for (uint32_t t = 0; t < threads; ++t)
        running.emplace_back([&] {
            for (uint32_t i = 0; (i = next.fetch_add(1)) < count;) work(i);
        });
    for (std::thread& thread : running) thread.join();
}

}  // namespace

TEST_CASE("searches run beside additions and see what was added before") {
    const Vectors vectors = clustered(3000, 12, 20, 1), queries = clustered(30, 12, 20, 2);
    HnswParameters parameters;
    parameters.ef_construction = 60;
    Hnsw index(12, Metric::euclidean, parameters);
    std::atomic<uint32_t> missed{0}, wrong{0};
    in_parallel(8, vectors.rows(), [&](uint32_t row) {
        index.add(row, vectors[row]);
        std::vector<Neighbour> out;
        index.search(vectors[row], 5, 60, any_row, out);
        if (rows_of(out).count(row) == 0) ++missed;
        for (const Neighbour& one : out)
            if (one.row >= vectors.rows() || !(one.distance >= 0)) ++wrong;
    });
    CHECK(wrong == 0);
    CHECK(missed <= 3);  // the graph is approximate
    CHECK(index.size() == 3000);
    CHECK(recall_at_10(index, vectors, Metric::euclidean, queries, 100, any_row) >= 0.95);
}

TEST_CASE("the first rows may come from many threads at once") {
    for (uint32_t round = 0; round < 20; ++round) {
        const Vectors vectors = clustered(16, 4, 2, round);
        Hnsw index(4, Metric::cosine, {});
        in_parallel(8, 16, [&](uint32_t row) { index.add(row, vectors[row]); });
        std::vector<Neighbour> out;
        index.search(vectors[0], 16, 16, any_row, out);
        CHECK(rows_of(out).size() == 16);
    }
}

TEST_CASE("equal and nearly equal vectors added at the same time stay connected") {
    Vectors vectors = clustered(1200, 8, 1, 1);
    for (size_t row = 0; row < 1200; ++row)
        for (size_t i = 0; i < 8; ++i)
            vectors.values[row * 8 + i] =
                vectors.values[i] + 1e-4F * static_cast<float>(row % 3) * vectors.values[row * 8 + i];
    for (const Metric metric : {Metric::euclidean, Metric::cosine}) {
        Hnsw index(8, metric, {});
        in_parallel(8, vectors.rows(), [&](uint32_t row) { index.add(row, vectors[row]); });
        std::vector<Neighbour> out;
        index.search(vectors[0], 1200, 1200, any_row, out);
        CHECK(rows_of(out).size() == 1200);
    }
}
