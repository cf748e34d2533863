// SPDX-License-Identifier: Apache-2.0
#include "engine/lsh/part.h"

#include <catch2/catch.hpp>

#include "lsh_data.h"

using namespace vexfs;
using namespace vexfs::lsh;
using namespace vexfs::test;
using paths::CalibrationPoint;
using paths::Path;
using simd::Metric;

namespace {

double recall_of(const Part& part, const Vectors& vectors, const Vectors& queries, Metric metric,
                 const paths::Setting& setting) {
    size_t found = 0, expected = 0;
    for (uint32_t i = 0; i < queries.rows(); ++i) {
        const auto rows = search(part, queries[i], setting);
        for (const uint32_t row : nearest(vectors, metric, queries[i], 10, any_row)) {
            found += static_cast<size_t>(std::count(rows.begin(), rows.end(), row));
            ++expected;
        }
    }
    return static_cast<double>(found) / static_cast<double>(expected);
}

Vectors uniform(size_t rows, size_t dimension, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<float> values;
    Vectors vectors{dimension, std::vector<float>(rows * dimension)};
    for (float& value : vectors.values) value = values(random);
    return vectors;
}

}  // namespace

TEST_CASE("an lsh part holds a recall under every metric, on clustered data and on uniform") {
    for (const Projection projection : {Projection::random, Projection::learned}) {
        for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot}) {
            for (const bool random : {false, true}) {
                const Vectors vectors = random ? uniform(5000, 48, 1) : clustered(5000, 48, 40, 1);
                const Vectors queries = random ? uniform(100, 48, 2) : clustered(100, 48, 40, 2);
                const auto part = lsh_part(vectors, metric, lsh_parameters(projection));
                REQUIRE(part);
                CHECK(part->nodes() == 5000);
                CHECK(part->refined());
                for (const double target : {0.85, 0.93}) {
                    const CalibrationPoint point = part->calibration().for_recall(target);
                    REQUIRE(point.setting.breadth > 0);
                    CHECK(point.recall >= target);
                    INFO("metric " << static_cast<int>(metric) << ", target " << target << ", path "
                                   << name_of(point.setting.path));
                    // The greatest norms of dot products are hubs, which the sample has its own share of.
                    CHECK(recall_of(*part, vectors, queries, metric, point.setting) >= target - 0.04);
                }
            }
        }
    }
}

TEST_CASE("hash tables find what they were measured to find") {
    const Vectors vectors = clustered(4000, 32, 40, 1), queries = clustered(60, 32, 40, 2);
    codes::Space space(
        32, Metric::euclidean, 4000, [&](size_t i) { return vectors[i]; }, 1);
    codes::Int8Table table(4000, space.coded_dimension());
    std::vector<float> transformed(space.coded_dimension());
    for (uint32_t row = 0; row < 4000; ++row) {
        space.transform(vectors[row], transformed.data());
        table.set(row, transformed.data());
    }
    const HashIndex hashes{Tables(table, lsh_parameters().lsh, 1, 2, {}), Sketches(table, 2)};
    size_t hits = 0;
    for (uint32_t i = 0; i < queries.rows(); ++i) {
        lists::Shortlist nearest_nodes;
        space.transform_query(queries[i], transformed.data());
        const size_t seen = hashes.search(transformed.data(), 4000, 32, 200, 300, nearest_nodes);
        const std::set<uint32_t> nodes(nearest_nodes.nodes().begin(), nearest_nodes.nodes().end());
        CHECK(nodes.size() == nearest_nodes.nodes().size());
        CHECK(nodes.size() <= 375);
        CHECK(seen <= 4000);
        for (const uint32_t row : nearest(vectors, Metric::euclidean, queries[i], 10, any_row))
            hits += nodes.count(row);
    }
    CHECK(static_cast<double>(hits) / 600 >= 0.85);
}

TEST_CASE("an lsh part takes little memory") {
    const Vectors vectors = clustered(8000, 128, 40, 1);
    const auto part = lsh_part(vectors, Metric::cosine, lsh_parameters());
    // At most a place in each table and two sketches, beside what a space takes.
    CHECK(part->memory_bytes() <= 8000 * (8 * 6 + 2 * (128 / 8 + 4) + 8) + 128 * 129 * 4 + 500'000);
}

TEST_CASE("a search of an lsh part gives rows that are accepted, each once") {
    const Vectors vectors = clustered(2000, 16, 10, 1);
    const auto part = lsh_part(vectors, Metric::euclidean, lsh_parameters(), 500);
    const auto even = [](uint32_t row) { return row % 2 == 0; };
    for (const Path path : {Path::lsh, Path::lists, Path::sketch}) {
        std::vector<uint32_t> rows;
        part->search(vectors[7], {path, 300, 40}, 10, even, rows);
        CHECK_FALSE(rows.empty());
        CHECK(std::ranges::all_of(rows, even));
        CHECK(std::ranges::all_of(rows, [](uint32_t row) { return row >= 500 && row < 2500; }));
        CHECK(std::set<uint32_t>(rows.begin(), rows.end()).size() == rows.size());
        part->search(
            vectors[7], {path, 300, 40}, 10, [](uint32_t) { return false; }, rows);
        CHECK(rows.empty());
    }
    CHECK(search(*part, vectors[7], {Path::sketch, 2000, 0}).size() == 2000);
}

TEST_CASE("lsh parts of no rows, of one and of a few") {
    for (const size_t count : {0, 1, 29}) {
        const Vectors vectors = clustered(count, 5, 1, 1), query = clustered(1, 5, 1, 2);
        for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot}) {
            const auto part = lsh_part(vectors, metric, lsh_parameters(), 9);
            CHECK(part->calibration().points().empty());
            CHECK(search(*part, query[0], part->setting_of(100)).size() == count);
        }
    }
}

TEST_CASE("zeros, equal vectors and outliers of an lsh part are found with the rest") {
    Vectors vectors = clustered(1500, 16, 10, 1);
    std::fill_n(vectors.values.begin(), 16 * 20, 0.0F);
    for (size_t row = 20; row < 500; ++row) std::copy_n(vectors[600], 16, &vectors.values[row * 16]);
    for (size_t i = 0; i < 16; ++i) vectors.values[1400 * 16 + i] *= 1e10F;
    vectors.values[1401 * 16] = 3e38F;
    for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot}) {
        const auto part = lsh_part(vectors, metric, lsh_parameters());
        REQUIRE(part);
        CHECK(search(*part, vectors[0], {Path::sketch, 1500, 0}).size() == 1500);
    }
}

TEST_CASE("an lsh part that is stopped is none") {
    std::stop_source source;
    source.request_stop();
    CHECK(lsh_part(clustered(2000, 16, 10, 1), Metric::cosine, lsh_parameters(), 0,
                   {2, source.get_token()}) == nullptr);
}
