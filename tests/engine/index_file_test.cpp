// SPDX-License-Identifier: Apache-2.0
#include <xxhash.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <iterator>

#include "index_data.h"

using namespace vexfs;
using namespace vexfs::test;
using simd::Metric;

namespace {

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

void renew_checksum(std::string& content) {
    const size_t bytes = content.size() - sizeof(XXH64_hash_t);
    const XXH64_hash_t checksum = XXH3_64bits(content.data(), bytes);
    std::memcpy(content.data() + bytes, &checksum, sizeof checksum);
}

// Rows with a gap and with twins.
void add_some(Hnsw& index, const Vectors& vectors) {
    for (uint32_t row = 0; row < vectors.rows(); ++row) {
        index.add(row * 2, vectors[row]);
        if (row % 10 == 0) index.add(row * 2 + 1, vectors[row]);
    }
}

}  // namespace

TEST_CASE("a graph that was saved and loaded answers alike and grows on") {
    const Vectors vectors = clustered(1000, 10, 10, 1), queries = clustered(20, 10, 10, 2);
    const TemporaryDirectory directory;
    for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot, Metric::manhattan}) {
        HnswParameters parameters;
        parameters.ml = 1 / std::log(2.0);
        Hnsw index(10, metric, parameters);
        add_some(index, vectors);
        REQUIRE(index.save(directory.file("graph")));
        parameters.ef_search = 17;  // no part of what is built
        auto loaded = Hnsw::load(directory.file("graph"), 10, metric, parameters);
        REQUIRE(loaded);
        CHECK((*loaded)->size() == index.size());
        CHECK((*loaded)->layer_count() == index.layer_count());
        std::vector<Neighbour> before, after;
        for (uint32_t i = 0; i < queries.rows(); ++i) {
            const size_t distances = index.search(queries[i], 10, 50, any_row, before);
            CHECK((*loaded)->search(queries[i], 10, 50, any_row, after) == distances);
            REQUIRE(before.size() == after.size());
            for (size_t j = 0; j < before.size(); ++j) {
                CHECK(before[j].row == after[j].row);
                CHECK(before[j].distance == after[j].distance);
            }
        }
        for (uint32_t row = 0; row < 200; ++row) (*loaded)->add(5000 + row, queries[row % 20]);
        CHECK((*loaded)->size() == index.size() + 200);
    }
}

TEST_CASE("the same rows and seed make the same file") {
    const Vectors vectors = clustered(400, 10, 5, 1);
    const TemporaryDirectory directory;
    const auto built = [&](const std::string& name, uint64_t seed) {
        HnswParameters parameters;
        parameters.seed = seed;
        Hnsw index(10, Metric::cosine, parameters);
        add_some(index, vectors);
        REQUIRE(index.save(directory.file(name)));
        return read_file(directory.file(name));
    };
    CHECK(built("a", 1) == built("b", 1));
    CHECK(built("a", 1) != built("b", 2));
}

TEST_CASE("an empty graph can be saved and loaded") {
    const TemporaryDirectory directory;
    REQUIRE(Hnsw(7, Metric::dot, {}).save(directory.file("graph")));
    auto loaded = Hnsw::load(directory.file("graph"), 7, Metric::dot, {});
    REQUIRE(loaded);
    CHECK((*loaded)->size() == 0);
    const float vector[7] = {1};
    (*loaded)->add(0, vector);
    CHECK((*loaded)->size() == 1);
}

TEST_CASE("a graph is loaded only with the parameters it was built with") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("graph");
    Hnsw index(10, Metric::cosine, {});
    add_some(index, clustered(20, 10, 2, 1));
    REQUIRE(index.save(path));
    const auto code = [&](uint32_t dimension, Metric metric, HnswParameters parameters) {
        const auto loaded = Hnsw::load(path, dimension, metric, parameters);
        REQUIRE_FALSE(loaded);
        CHECK_THAT(loaded.error().message, Catch::StartsWith(path + " was built with "));
        return loaded.error().code;
    };
    CHECK(code(11, Metric::cosine, {}) == ErrorCode::invalid_argument);
    CHECK(code(10, Metric::dot, {}) == ErrorCode::invalid_argument);
    CHECK(code(10, Metric::cosine, {.m = 17}) == ErrorCode::invalid_argument);
    CHECK(code(10, Metric::cosine, {.max_m = 33}) == ErrorCode::invalid_argument);
    CHECK(code(10, Metric::cosine, {.ef_construction = 201}) == ErrorCode::invalid_argument);
    CHECK(code(10, Metric::cosine, {.ml = 1}) == ErrorCode::invalid_argument);
    CHECK(code(10, Metric::cosine, {.seed = 2}) == ErrorCode::invalid_argument);
    CHECK(Hnsw::load(directory.file("none"), 10, Metric::cosine, {}).error().code == ErrorCode::not_found);
}

TEST_CASE("a damaged or shortened file is refused") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("graph");
    Hnsw index(5, Metric::euclidean, {});
    add_some(index, clustered(60, 5, 3, 1));
    REQUIRE(index.save(path));
    const std::string good = read_file(path);
    std::mt19937 random(3);
    for (int i = 0; i < 200; ++i) {
        std::string bad = good;
        bad[random() % bad.size()] ^= static_cast<char>(1 << random() % 8);
        write_file(path, bad);
        const auto loaded = Hnsw::load(path, 5, Metric::euclidean, {});
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().code == ErrorCode::corrupt);
    }
    for (size_t bytes = 0; bytes < good.size(); bytes += bytes < 200 ? 1 : 97) {
        write_file(path, good.substr(0, bytes));
        const auto loaded = Hnsw::load(path, 5, Metric::euclidean, {});
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().code == ErrorCode::corrupt);
    }
    write_file(path, good + "more");
    CHECK_FALSE(Hnsw::load(path, 5, Metric::euclidean, {}));
}

TEST_CASE("wrong numbers under a right checksum are never followed") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("graph");
    Hnsw index(5, Metric::euclidean, {});
    add_some(index, clustered(60, 5, 3, 1));
    REQUIRE(index.save(path));
    const std::string good = read_file(path);
    std::mt19937 random(4);
    const float query[5] = {1, 2, 3, 4, 5};
    int refused = 0;
    for (int i = 0; i < 900; ++i) {
        std::string bad = good;
        if (i % 3 == 0)
            bad[random() % (bad.size() - 8)] ^= static_cast<char>(1 << random() % 8);
        else if (i % 3 == 1)
            bad.erase(random() % (bad.size() - 12), 4);
        else
            std::memset(bad.data() + random() % (bad.size() - 12) / 4 * 4, i % 2 == 0 ? 0 : 0xFF, 4);
        renew_checksum(bad);
        write_file(path, bad);
        const auto loaded = Hnsw::load(path, 5, Metric::euclidean, {});
        if (!loaded) {
            ++refused;
            continue;
        }
        std::vector<Neighbour> out;
        (*loaded)->search(query, 10, 50, any_row, out);
        CHECK(out.size() <= (*loaded)->size());
        (*loaded)->add(9999, query);
    }
    CHECK(refused > 300);
}

TEST_CASE("a graph that can't be written says why") {
    const TemporaryDirectory directory;
    const auto saved = Hnsw(7, Metric::dot, {}).save(directory.file("none/graph"));
    REQUIRE_FALSE(saved);
    CHECK(saved.error().code == ErrorCode::not_found);
    CHECK_THAT(saved.error().message, Catch::Contains("none/graph"));
}
