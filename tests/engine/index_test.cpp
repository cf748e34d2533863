// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "index_data.h"

using namespace vexfs;
using namespace vexfs::test;
using simd::Metric;

TEST_CASE("a graph finds nearly all nearest rows under every metric") {
    const Vectors vectors = clustered(2000, 20, 20, 1), queries = clustered(50, 20, 20, 2);
    for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot, Metric::manhattan}) {
        INFO("metric " << static_cast<int>(metric));
        Hnsw index(20, metric, {});
        add_all(index, vectors);
        CHECK(index.size() == 2000);
        CHECK(recall_at_10(index, vectors, metric, queries, 100, any_row) >= 0.95);

        std::vector<Neighbour> out;
        CHECK(index.search(queries[0], 10, 100, any_row, out) > 100);
        REQUIRE(out.size() == 10);
        for (size_t i = 0; i < out.size(); ++i) {
            CHECK(out[i].distance ==
                  Approx(distance(metric, queries[0], vectors[out[i].row], 20)).margin(1e-5));
            if (i > 0) CHECK(out[i].distance >= out[i - 1].distance);
        }
    }
}

TEST_CASE("a search as broad as the graph finds every row") {
    const Vectors vectors = clustered(3000, 8, 30, 1), queries = clustered(3, 8, 30, 2);
    Hnsw index(8, Metric::euclidean, {});
    add_all(index, vectors);
    std::vector<Neighbour> out;
    for (uint32_t i = 0; i < queries.rows(); ++i) {
        index.search(queries[i], 3000, 3000, any_row, out);
        CHECK(rows_of(out).size() == 3000);
        CHECK(std::is_sorted(out.begin(), out.end(),
                             [](const Neighbour& a, const Neighbour& b) { return a.distance < b.distance; }));
        CHECK(recall_at_10(index, vectors, Metric::euclidean, queries, 2500, any_row) == 1);
    }
}

TEST_CASE("a search returns only rows that are accepted, and as many as there are") {
    const Vectors vectors = clustered(2000, 16, 20, 1), queries = clustered(20, 16, 20, 2);
    Hnsw index(16, Metric::cosine, {});
    add_all(index, vectors);
    std::vector<Neighbour> out;
    for (const uint32_t one_of : {2U, 10U, 200U, 1000U}) {
        const auto accept = [one_of](uint32_t row) { return row % one_of == 0; };
        CHECK(recall_at_10(index, vectors, Metric::cosine, queries, 50, accept) >= 0.95);
        for (uint32_t i = 0; i < queries.rows(); ++i) {
            index.search(queries[i], 10, 50, accept, out);
            CHECK(out.size() == std::min(10U, 2000 / one_of));
            for (const Neighbour& one : out) CHECK(accept(one.row));
        }
    }
    // Through the queue for broad searches as well.
    index.search(
        queries[0], 10, 2100, [](uint32_t row) { return row == 77; }, out);
    CHECK(rows_of(out) == std::set<uint32_t>{77});
    index.search(
        queries[0], 10, 50, [](uint32_t) { return false; }, out);
    CHECK(out.empty());
}

TEST_CASE("thousands of equal vectors hide neither each other nor the rest") {
    Vectors vectors = clustered(4000, 12, 10, 1);
    for (size_t row = 0; row < 4000; ++row)  // three in four are equal
        if (row % 4 != 0)
            std::copy_n(vectors[1], 12, vectors.values.begin() + static_cast<ptrdiff_t>(row * 12));
    const Vectors queries = clustered(50, 12, 10, 2);
    for (const Metric metric : {Metric::euclidean, Metric::cosine}) {
        Hnsw index(12, metric, {});
        add_all(index, vectors);
        CHECK(index.size() == 4000);
        CHECK(recall_at_10(index, vectors, metric, queries, 100, [](uint32_t row) { return row % 4 == 0; }) >=
              0.95);

        std::vector<Neighbour> out;
        index.search(vectors[1], 3000, 3000, any_row, out);
        for (const Neighbour& one : out) CHECK(one.row % 4 != 0);
        CHECK(rows_of(out).size() == 3000);
        for (const uint32_t row : {1U, 2U, 1999U, 3999U}) {
            index.search(
                queries[0], 1, 10, [row](uint32_t other) { return other == row; }, out);
            CHECK(rows_of(out) == std::set<uint32_t>{row});
        }
    }
}

TEST_CASE("an empty graph finds nothing") {
    const Hnsw index(4, Metric::euclidean, {});
    const float query[4] = {};
    std::vector<Neighbour> out{{1, 1}};
    CHECK(index.search(query, 10, 10, any_row, out) == 0);
    CHECK(out.empty());
    CHECK(index.size() == 0);
    CHECK(index.layer_count() == 0);
}

TEST_CASE("a graph of one row finds it") {
    Hnsw index(3, Metric::cosine, {});
    const float vector[3] = {3, 0, 4}, query[3] = {0, 0, 2}, zero[3] = {};
    index.add(123'456, vector);
    std::vector<Neighbour> out;
    index.search(query, 10, 1, any_row, out);
    REQUIRE(out.size() == 1);
    CHECK(out[0].row == 123'456);
    CHECK(out[0].distance == Approx(0.2));
    index.search(zero, 10, 1, any_row, out);
    REQUIRE(out.size() == 1);
    CHECK(out[0].distance == 1);
    index.search(query, 0, 10, any_row, out);
    CHECK(out.empty());
}

TEST_CASE("one dimension and many dimensions work") {
    for (const size_t dimension : {size_t{1}, size_t{2048}}) {
        const Vectors vectors = clustered(200, dimension, 5, 1), queries = clustered(10, dimension, 5, 2);
        for (const Metric metric : {Metric::euclidean, Metric::cosine}) {
            if (dimension == 1 && metric == Metric::cosine) continue;  // all are equal
            Hnsw index(static_cast<uint32_t>(dimension), metric, {});
            add_all(index, vectors);
            CHECK(recall_at_10(index, vectors, metric, queries, 200, any_row) >= 0.99);
        }
    }
}

TEST_CASE("rows come in any order and with gaps, up to the highest there can be") {
    const Vectors vectors = clustered(300, 6, 5, 1);
    Hnsw index(6, Metric::manhattan, {});
    const auto row_of = [](uint32_t i) { return i == 0 ? Hnsw::row_max : (299 - i) * 79; };
    for (uint32_t i = 0; i < 300; ++i) index.add(row_of(i), vectors[i]);
    std::vector<Neighbour> out;
    for (uint32_t i = 0; i < 300; ++i) {
        index.search(vectors[i], 1, 50, any_row, out);
        REQUIRE(out.size() == 1);
        CHECK(out[0].row == row_of(i));
    }
}

TEST_CASE("layers follow from seed, rows and ml alone") {
    const Vectors vectors = clustered(500, 4, 5, 1);
    const auto layers = [&](double ml, uint64_t seed, bool backwards) {
        HnswParameters parameters;
        parameters.ml = ml;
        parameters.seed = seed;
        Hnsw index(4, Metric::euclidean, parameters);
        for (uint32_t i = 0; i < 500; ++i) {
            const uint32_t row = backwards ? 499 - i : i;
            index.add(row, vectors[row]);
        }
        CHECK(recall_at_10(index, vectors, Metric::euclidean, clustered(10, 4, 5, 2), 50, any_row) >= 0.95);
        return index.layer_count();
    };
    CHECK(layers(0, 1, false) == layers(0, 1, true));
    CHECK(layers(1 / std::log(2.0), 1, false) == layers(1 / std::log(2.0), 1, true));
    CHECK(layers(1 / std::log(2.0), 1, false) >= 7);
    CHECK(layers(4, 1, false) > layers(1 / std::log(2.0), 1, false));
    CHECK(layers(4, 1, false) <= 64);
    std::set<uint32_t> counts;
    for (uint64_t seed = 0; seed < 8; ++seed) counts.insert(layers(4, seed, false));
    CHECK(counts.size() > 1);
}

TEST_CASE("memory grows with what is added") {
    Hnsw index(1000, Metric::euclidean, {});
    const size_t before = index.memory_bytes();
    add_all(index, clustered(1000, 1000, 5, 1));
    CHECK(index.memory_bytes() - before >= 1000 * 1000 * sizeof(float));
    CHECK(index.memory_bytes() - before < 10 * 1000 * 1000 * sizeof(float));
}
