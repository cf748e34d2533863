// SPDX-License-Identifier: Apache-2.0
#include "engine/lists/lists.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "../codes/codes_data.h"
#include "../index_data.h"
#include "engine/lists/clusters.h"

using namespace vexfs;
using namespace vexfs::lists;
using namespace vexfs::test;

namespace {

codes::Int8Table table_of(const Vectors& vectors) {
    codes::Int8Table table(vectors.rows(), vectors.dimension);
    for (uint32_t row = 0; row < vectors.rows(); ++row) table.set(row, vectors[row]);
    return table;
}

// As in a space: centred, of norms about 1.
Vectors scaled(Vectors vectors) {
    const float unit = 1 / std::sqrt(5 * static_cast<float>(vectors.dimension));
    for (float& value : vectors.values) value *= unit;
    return vectors;
}

std::set<uint32_t> found_in(const Lists& lists, const float* query, size_t probes, size_t breadth) {
    Shortlist nearest;
    lists.search(query, probes, breadth, nearest);
    std::set<uint32_t> nodes(nearest.nodes().begin(), nearest.nodes().end());
    CHECK(nodes.size() == nearest.nodes().size());
    return nodes;
}

double share_found(const Lists& lists, const Vectors& vectors, const Vectors& queries, size_t probes,
                   size_t breadth) {
    size_t hits = 0;
    for (uint32_t i = 0; i < queries.rows(); ++i) {
        const auto nodes = found_in(lists, queries[i], probes, breadth);
        for (const uint32_t row : nearest(vectors, simd::Metric::euclidean, queries[i], 10, any_row))
            hits += nodes.count(row);
    }
    return static_cast<double>(hits) / (10.0 * queries.rows());
}

}  // namespace

TEST_CASE("a scan of sketches has the nearest among a few percent") {
    for (const size_t dimension : {4, 100, 384}) {
        const Vectors vectors = scaled(clustered(5000, dimension, 40, 1));
        const Vectors queries = scaled(clustered(30, dimension, 40, 2));
        const Lists lists(table_of(vectors), {}, {}, 2);
        CHECK(lists.lists() == 1);
        INFO("dimension " << dimension);
        CHECK(share_found(lists, vectors, queries, 1, dimension == 4 ? 1000 : 250) >= 0.95);
        CHECK(found_in(lists, queries[0], 1, 5000).size() == 5000);
    }
}

TEST_CASE("sketches take about a bit for each dimension") {
    const Vectors vectors = scaled(clustered(20'000, 128, 40, 1));
    const Lists lists(table_of(vectors), {}, {}, 2);
    CHECK(lists.memory_bytes() <= 20'000 * (128 / 8 + 4 + 4) * 11 / 10);
}

TEST_CASE("a few of many lists have the nearest of clustered data") {
    const Vectors vectors = scaled(clustered(9000, 48, 60, 1)), queries = scaled(clustered(40, 48, 60, 2));
    const codes::Int8Table table = table_of(vectors);
    const size_t count = lists_for(vectors.rows());
    REQUIRE(count > 1);
    const Clusters clusters = find_clusters(table, count, 1, 2, {});
    const Lists lists(table, clusters.centroids, clusters.list_of, 2);
    CHECK(lists.lists() == count);
    CHECK(share_found(lists, vectors, queries, count / 4, 200) >= 0.95);
    CHECK(share_found(lists, vectors, queries, count, 200) >= share_found(lists, vectors, queries, 1, 200));
    // Lists are looked through until there are as many as wanted.
    CHECK(found_in(lists, queries[0], 1, 5000).size() >= 5000);
    CHECK(found_in(lists, queries[0], count, 9000).size() == 9000);
}

TEST_CASE("clusters depend on the seed and on nothing else") {
    const codes::Int8Table table = table_of(scaled(clustered(8000, 16, 30, 1)));
    const Clusters one = find_clusters(table, 17, 5, 1, {}), two = find_clusters(table, 17, 5, 3, {});
    CHECK(one.centroids == two.centroids);
    CHECK(one.list_of == two.list_of);
    CHECK(find_clusters(table, 17, 6, 1, {}).list_of != one.list_of);
    CHECK(std::ranges::all_of(one.list_of, [](uint32_t list) { return list < 17; }));
}

TEST_CASE("equal vectors are in one list, and found") {
    Vectors vectors{16, std::vector<float>(16 * 9000, 0.25F)};
    const codes::Int8Table table = table_of(vectors);
    const Clusters clusters = find_clusters(table, 20, 1, 2, {});
    const Lists lists(table, clusters.centroids, clusters.list_of, 2);
    CHECK(found_in(lists, vectors[0], 1, 100).size() >= 100);
    CHECK(found_in(lists, vectors[0], 20, 9000).size() == 9000);
}

TEST_CASE("lists of no nodes find none") {
    const Lists lists(codes::Int8Table(0, 8), {}, {}, 1);
    const std::vector<float> query(8);
    CHECK(found_in(lists, query.data(), 1, 10).empty());
    CHECK(lists.consistent(0));
}

TEST_CASE("every instruction set finds the same in lists, but for rounding") {
    const Vectors vectors = scaled(clustered(4000, 100, 40, 1)), queries = scaled(clustered(10, 100, 40, 2));
    const Lists lists(table_of(vectors), {}, {}, 2);
    const simd::Isa before = simd::kernels().isa;
    REQUIRE(simd::select(simd::Isa::scalar));
    std::vector<std::set<uint32_t>> expected;
    for (uint32_t i = 0; i < queries.rows(); ++i) expected.push_back(found_in(lists, queries[i], 1, 300));
    for (const simd::Isa isa : simd::available()) {
        REQUIRE(simd::select(isa));
        for (uint32_t i = 0; i < queries.rows(); ++i) {
            const auto got = found_in(lists, queries[i], 1, 300);
            size_t common = 0;
            for (const uint32_t node : got) common += expected[i].count(node);
            CHECK(common >= 290);
        }
    }
    REQUIRE(simd::select(before));
}
