// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/partition.h"

#include <catch2/catch.hpp>

#include "graph_data.h"

using namespace vexfs;
using namespace vexfs::graph;
using namespace vexfs::test;

namespace {

using Leaves = std::vector<std::vector<uint32_t>>;

// In how many leaves each point is; no leaf is too large, nor has a point twice.
std::vector<size_t> memberships(const Leaves& leaves, size_t points) {
    std::vector<size_t> count(points);
    for (const auto& leaf : leaves) {
        CHECK(leaf.size() <= leaf_points_max);
        CHECK(std::set<uint32_t>(leaf.begin(), leaf.end()).size() == leaf.size());
        for (const uint32_t point : leaf) ++count.at(point);
    }
    return count;
}

void check_covers(const codes::Int8Table& table, size_t overlap) {
    const Leaves leaves = partition(table, overlap, 3, 2, {});
    const std::vector<size_t> count = memberships(leaves, table.count());
    for (const size_t in_leaves : count) {
        REQUIRE(in_leaves >= 1);
        REQUIRE(in_leaves <= overlap);
    }
}

}  // namespace

TEST_CASE("every point is in a leaf, and in no more than the overlap") {
    for (const size_t rows : {1, 2, 900, 901, 1800, 5000})
        for (const size_t overlap : {1, 3, 4})
            check_covers(CodedVectors(clustered(rows, 12, 10, 1)).table, overlap);
}

TEST_CASE("identical points are shared out to leaves as others are") {
    check_covers(CodedVectors(identical_points(3000, 8)).table, 3);
    Vectors mixed = clustered(3000, 8, 5, 1);
    std::copy_n(mixed.values.begin(), 8, mixed.values.begin() + 8);
    for (size_t row = 0; row < 2900; ++row) std::copy_n(mixed[0], 8, &mixed.values[row * 8]);
    check_covers(CodedVectors(mixed).table, 3);
}

TEST_CASE("one cluster far larger than the others is split") {
    Vectors vectors = clustered(4000, 8, 20, 1);
    const Vectors one = clustered(3600, 8, 1, 2);
    std::copy(one.values.begin(), one.values.end(), vectors.values.begin());
    check_covers(CodedVectors(vectors).table, 3);
}

TEST_CASE("leaves depend on the seed alone, not on threads") {
    const CodedVectors coded(clustered(4000, 12, 10, 1));
    const Leaves leaves = partition(coded.table, 3, 5, 1, {});
    CHECK(partition(coded.table, 3, 5, 1, {}) == leaves);
    CHECK(partition(coded.table, 3, 5, 2, {}) == leaves);
    CHECK(partition(coded.table, 3, 5, 7, {}) == leaves);
    CHECK(partition(coded.table, 3, 6, 1, {}) != leaves);
}

TEST_CASE("points of a leaf are near to each other") {
    const CodedVectors coded(clustered(4000, 12, 10, 1));
    double inside = 0, anywhere = 0;
    const Leaves leaves = partition(coded.table, 1, 5, 2, {});
    for (size_t i = 0; i < leaves.size(); ++i) {
        inside += coded.distance(leaves[i].front(), leaves[i].back());
        anywhere += coded.distance(leaves[i].front(), leaves[(i + 1) % leaves.size()].front());
    }
    CHECK(inside < 0.7 * anywhere);
}

TEST_CASE("a partition that was stopped is empty") {
    const CodedVectors coded(clustered(3000, 12, 10, 1));
    std::stop_source source;
    source.request_stop();
    CHECK(partition(coded.table, 3, 5, 2, source.get_token()).empty());
}
