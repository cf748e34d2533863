// SPDX-License-Identifier: Apache-2.0
// Another index in the place of the one that serves.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

constexpr uint32_t dimension = 16;
constexpr uint64_t rows = 3'000;

SchemaChange with(nlohmann::json parameters) {
    return [parameters = std::move(parameters)](Schema& schema) -> Result<void> {
        for (const auto& [name, value] : parameters.items()) {
            if (auto set = set_parameter(schema, name, value); !set) return set;
        }
        return {};
    };
}

SchemaChange to(Algorithm algorithm) {
    return [algorithm](Schema& schema) -> Result<void> {
        schema.algorithm = algorithm;
        return {};
    };
}

std::vector<std::string> index_files(const TemporaryDirectory& directory) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory / "collections/points"))
        if (entry.path().extension() == ".hnsw") names.push_back(entry.path().filename());
    return names;
}

std::shared_ptr<Collection> indexed_points(Store& store) {
    auto points = store.create("points", schema_of(dimension)).value();
    REQUIRE(insert(*points, random_vectors(rows, dimension, 1)));
    REQUIRE(points->optimize({}));
    return points;
}

// Of the 10 nearest, over some queries.
double recall(const Collection& points) {
    size_t found = 0;
    for (uint32_t query = 0; query < 20; ++query) {
        const auto vector = random_vectors(1, dimension, 1'000 + query);
        const auto truth = ids_of(search(points, vector, 10, true).value());
        for (const uint64_t id : ids_of(search(points, vector, 10).value()))
            found += std::ranges::count(truth, id);
    }
    return static_cast<double>(found) / 200;
}

}  // namespace

TEST_CASE("a reindexed collection has an index by the new parameters, also after a restart") {
    const TemporaryDirectory directory;
    uint64_t memory = 0;
    {
        const auto store = open_store(directory.path(), 64 << 20, false);
        const auto points = indexed_points(*store);
        memory = points->info().index_memory_bytes;
        const auto before = index_files(directory);
        REQUIRE(points->reindex(with({{"m", 8}, {"max_m", 64}}), {}));
        const CollectionInfo info = points->info();
        CHECK(info.schema.hnsw.max_m == 64);
        CHECK(info.indexed_points == rows);
        CHECK(info.index_memory_bytes > memory);
        CHECK_FALSE(info.reindexed_rows);
        CHECK(recall(*points) > 0.9);
        REQUIRE(index_files(directory).size() == 1);
        CHECK(index_files(directory) != before);
    }
    const auto store = open_store(directory.path(), 64 << 20, false);
    const auto points = store->find("points").value();
    CHECK(points->info().schema.hnsw.max_m == 64);
    CHECK(points->info().indexed_points == rows);
    CHECK(points->info().index_memory_bytes > memory);
    CHECK(points->info().background_error.empty());
    CHECK(recall(*points) > 0.9);
}

TEST_CASE("a reindex can change the algorithm") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), 64 << 20, false);
    const auto points = indexed_points(*store);
    REQUIRE(points->reindex(to(Algorithm::flat), {}));
    CHECK(points->info().index_memory_bytes == 0);
    CHECK(search(*points, random_vectors(1, dimension, 5), 3)->path == "scan");
    CHECK(index_files(directory).empty());
    REQUIRE(points->reindex(to(Algorithm::hnsw), {}));
    CHECK(search(*points, random_vectors(1, dimension, 5), 3)->path == "graph");
    CHECK(index_files(directory).size() == 1);
}

TEST_CASE("rows that come after a reindex are indexed by its parameters") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), 64 << 20, false);
    const auto points = indexed_points(*store);
    REQUIRE(points->reindex(with({{"layout", "compact"}}), {}));
    const uint64_t compact = points->info().index_memory_bytes;
    REQUIRE(insert(*points, random_vectors(rows, dimension, 2)));
    REQUIRE(points->optimize({}));
    CHECK(points->info().indexed_points == 2 * rows);
    CHECK(points->info().index_memory_bytes < 3 * compact);
}

TEST_CASE("a reindex that is refused, stopped or of a deleted collection changes nothing") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), 64 << 20, false);
    const auto points = indexed_points(*store);
    const Schema schema = points->schema();
    const auto files = index_files(directory);
    const auto unchanged = [&] {
        CHECK(points->schema() == schema);
        CHECK(index_files(directory) == files);
        CHECK(points->info().indexed_points == rows);
        CHECK_FALSE(points->info().reindexed_rows);
    };
    CHECK(points->reindex(with({{"m", 1}}), {}).error().code == ErrorCode::invalid_argument);
    unchanged();
    CHECK(points->reindex(with({{"m", 64}, {"max_m", 32}}), {}).error().code == ErrorCode::invalid_argument);
    unchanged();
    int told = 0;
    const auto stopped = points->reindex(with({{"m", 8}}), [&](uint64_t, uint64_t) { return ++told < 3; });
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code == ErrorCode::timed_out);
    unchanged();
    REQUIRE(points->reindex(with({{"m", 8}}), {}));
    REQUIRE(store->drop("points"));
    CHECK(points->reindex(with({{"m", 16}}), {}).error().code == ErrorCode::not_found);
}

TEST_CASE("one reindex at a time, and info shows how far it is") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), 64 << 20, false);
    const auto points = indexed_points(*store);
    std::optional<uint64_t> shown;
    Result<void> second;
    REQUIRE(points->reindex(with({{"m", 8}}), [&](uint64_t, uint64_t) {
        if (!shown) {
            shown = points->info().reindexed_rows;
            second = points->reindex(with({{"m", 4}}), {});
        }
        return true;
    }));
    CHECK(shown);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::busy);
    CHECK(points->schema().hnsw.m == 8);
}

TEST_CASE("parameters that are set while it is reindexed stay as they were set") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), 64 << 20, false);
    const auto points = indexed_points(*store);
    bool set = false;
    REQUIRE(points->reindex(with({{"m", 8}}), [&](uint64_t, uint64_t) {
        if (!set) REQUIRE(points->configure({{"durability", "async"}, {"mode", 0600}}));
        set = true;
        return true;
    }));
    CHECK(points->schema().durability == Durability::async);
    CHECK(points->schema().access.mode == 0600);
    CHECK(points->schema().hnsw.m == 8);
}
