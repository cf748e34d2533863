// SPDX-License-Identifier: Apache-2.0
#include "engine/lsh/tables.h"

#include <catch2/catch.hpp>

#include "lsh_data.h"

using namespace vexfs;
using namespace vexfs::lsh;
using namespace vexfs::test;

namespace {

codes::Int8Table table_of(const Vectors& vectors) {
    codes::Int8Table table(vectors.rows(), vectors.dimension);
    for (uint32_t row = 0; row < vectors.rows(); ++row) table.set(row, vectors[row]);
    return table;
}

Tables tables_of(const codes::Int8Table& codes, const LshParameters& parameters, uint64_t seed = 1,
                 unsigned threads = 2) {
    return Tables(codes, parameters, seed, threads, {});
}

std::vector<uint32_t> probed(const Tables& tables, const float* query, size_t dimension, size_t buckets) {
    codes::Int8Query int8;
    int8.set(query, dimension);
    std::vector<uint32_t> nodes;
    tables.probe(int8, buckets, [&](std::span<const uint32_t> bucket) {
        nodes.insert(nodes.end(), bucket.begin(), bucket.end());
    });
    return nodes;
}

}  // namespace

TEST_CASE("each table has every node once, in buckets of the size that is wanted") {
    const codes::Int8Table codes = table_of(clustered(3000, 32, 30, 1));
    for (const Projection projection : {Projection::random, Projection::learned}) {
        const Tables tables = tables_of(codes, {6, 20, 100, projection});
        REQUIRE(tables.tables().size() == 6);
        size_t buckets = 0;
        for (const Table& table : tables.tables()) {
            CHECK(table.consistent(3000, tables.functions().levels()));
            for (const Branch& branch : table.branches) buckets += branch.children == 0 ? 1 : 0;
        }
        CHECK(buckets >= 6 * 3000 / 100);
        CHECK(buckets <= 6 * 3000 / 100 * 8);
    }
}

TEST_CASE("a table takes no more functions than it has") {
    const codes::Int8Table codes = table_of(clustered(3000, 16, 30, 1));
    const Tables tables = tables_of(codes, {2, 3, 1, Projection::random});
    CHECK(tables.functions().levels() == 3);
    for (const Table& table : tables.tables()) CHECK(table.branches.size() <= 15);
}

TEST_CASE("the first bucket of each table is the query's own, and all buckets have all nodes") {
    const Vectors vectors = clustered(2000, 24, 20, 1);
    const Tables tables = tables_of(table_of(vectors), {4, 20, 40, Projection::random});
    for (uint32_t row = 0; row < 2000; row += 100) {
        const auto nodes = probed(tables, vectors[row], 24, 4);
        CHECK(std::count(nodes.begin(), nodes.end(), row) == 4);
    }
    auto all = probed(tables, vectors[0], 24, 1'000'000);
    CHECK(all.size() == 4 * 2000);
}

TEST_CASE("more buckets in order of their distance find more of the neighbours") {
    const Vectors vectors = clustered(4000, 32, 40, 1), queries = clustered(40, 32, 40, 2);
    for (const Projection projection : {Projection::random, Projection::learned}) {
        const Tables tables = tables_of(table_of(vectors), {8, 20, 40, projection});
        const auto found = [&](size_t buckets) {
            size_t hits = 0;
            for (uint32_t i = 0; i < queries.rows(); ++i) {
                const auto nodes = probed(tables, queries[i], 32, buckets);
                const std::set<uint32_t> distinct(nodes.begin(), nodes.end());
                for (const uint32_t row : nearest(vectors, simd::Metric::euclidean, queries[i], 10, any_row))
                    hits += distinct.count(row);
            }
            return static_cast<double>(hits) / 400;
        };
        CHECK(found(8) < found(40));
        CHECK(found(40) >= 0.6);
        CHECK(found(400) >= 0.95);
    }
}

TEST_CASE("tables depend on the seed and on nothing else") {
    const codes::Int8Table codes = table_of(clustered(2000, 16, 30, 1));
    const LshParameters parameters{3, 16, 50, Projection::learned};
    const Tables one = tables_of(codes, parameters, 5, 1), two = tables_of(codes, parameters, 5, 3),
                 other = tables_of(codes, parameters, 6, 1);
    for (size_t i = 0; i < 3; ++i) {
        CHECK(one.tables()[i].nodes == two.tables()[i].nodes);
        CHECK(one.tables()[i].nodes != other.tables()[i].nodes);
    }
}

TEST_CASE("vectors that are all alike are in one bucket of each table") {
    const Vectors vectors{8, std::vector<float>(8 * 500, 0.5F)};
    for (const Projection projection : {Projection::random, Projection::learned}) {
        const Tables tables = tables_of(table_of(vectors), {3, 10, 50, projection});
        CHECK(probed(tables, vectors[0], 8, 3).size() == 3 * 500);
    }
}

TEST_CASE("tables that contradict themselves are told") {
    const codes::Int8Table codes = table_of(clustered(300, 8, 10, 1));
    const Tables tables = tables_of(codes, {1, 10, 20, Projection::random});
    const Table& sound = tables.tables()[0];
    const size_t levels = tables.functions().levels();
    const auto consistent = [&](auto change) {
        Table table = sound;
        change(table);
        return table.consistent(300, levels);
    };
    CHECK(consistent([](Table&) {}));
    CHECK_FALSE(sound.consistent(299, levels));
    CHECK_FALSE(sound.consistent(300, 1));
    CHECK_FALSE(consistent([](Table& t) { t.nodes[7] = t.nodes[8]; }));
    CHECK_FALSE(consistent([](Table& t) { t.nodes[7] = 300; }));
    CHECK_FALSE(consistent([](Table& t) { t.branches.pop_back(); }));
    CHECK_FALSE(consistent([](Table& t) { t.branches.clear(); }));
    CHECK_FALSE(consistent([](Table& t) { t.branches[0].end = 299; }));
    CHECK_FALSE(consistent([](Table& t) { t.branches[1].end = 0xffff'ffff; }));
    CHECK_FALSE(consistent([](Table& t) { t.branches[0].children = 0; }));
    CHECK_FALSE(consistent([](Table& t) { t.branches[1].children = 1; }));
    CHECK_FALSE(consistent([](Table& t) { t.branches.back().children = 0xffff'ffff; }));
}
