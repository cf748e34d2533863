// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("eight threads insert, search and delete, and each sees what it wrote") {
    constexpr uint32_t dimension = 32;  // from which on rows have sketches before an index has them
    constexpr uint64_t threads = 8;
    constexpr uint64_t rounds = 60;
    constexpr uint64_t batch = 10;
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), 256 << 10);
    const auto points = store->create("points", schema_of(dimension)).value();
    std::atomic<uint64_t> faults = 0;
    const auto expect = [&](bool condition) { faults += condition ? 0 : 1; };

    std::vector<std::jthread> workers;
    for (uint64_t worker = 0; worker < threads; ++worker) {
        workers.emplace_back([&, worker] {
            for (uint64_t round = 0; round < rounds; ++round) {
                const auto seed = static_cast<uint32_t>(worker * rounds + round);
                const auto vectors = random_vectors(batch, dimension, seed);
                std::vector<uint64_t> ids;
                for (uint64_t i = 0; i < batch; ++i) ids.push_back(seed * batch + i);
                expect(insert(*points, vectors, ids).has_value());

                const auto exact = search(*points, {vectors.begin(), vectors.begin() + dimension}, 1, true);
                expect(exact && exact->hits.size() == 1 && exact->hits[0].id == ids[0]);
                expect(search(*points, {vectors.begin(), vectors.begin() + dimension}, 5).has_value());

                expect(points->update_metadata(ids[2], R"({"seen":true})", true).has_value());
                expect(points->erase(std::span(ids).first(2)).value_or(0) == 2);
                expect(points->get(ids, true)->size() == batch - 2);
                const auto after = search(*points, {vectors.begin(), vectors.begin() + dimension}, 3);
                expect(after && !after->hits.empty() && after->hits[0].id != ids[0]);
            }
        });
    }
    workers.clear();
    CHECK(faults == 0);
    CHECK(points->info().points == threads * rounds * (batch - 2));
    REQUIRE(points->optimize({}));
    CHECK(points->info().backlog.rows == 0);
    CHECK(search(*points, random_vectors(1, dimension, 9), 10)->path == "graph");
}

TEST_CASE("a collection is dropped and made again while others use it") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    std::atomic<bool> done = false;
    std::vector<std::jthread> users;
    for (uint32_t user = 0; user < 3; ++user) {
        users.emplace_back([&, user] {
            while (!done) {
                const auto points = store->find("points");
                if (!points) continue;
                static_cast<void>(insert(**points, random_vectors(5, 4, user)));
                static_cast<void>(search(**points, {1, 2, 3, 4}, 3));
                static_cast<void>((*points)->info());
            }
        });
    }
    for (int i = 0; i < 20; ++i) {
        CHECK(store->create("points", schema_of(4)));
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        CHECK(store->drop("points"));
    }
    done = true;
    users.clear();
    CHECK(store->names().empty());
}

TEST_CASE("searches find the same points while these are moved and others replaced") {
    constexpr uint32_t dimension = 16;
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), 64 << 10);
    const auto points = store->create("points", schema_of(dimension)).value();
    // Points 0 to 999 stay, those above are replaced all the time.
    const auto fixed = random_vectors(1'000, dimension, 1);
    std::vector<uint64_t> ids(1'000);
    for (uint64_t i = 0; i < ids.size(); ++i) ids[i] = i;
    REQUIRE(insert(*points, fixed, ids));
    std::atomic<bool> done = false;
    std::atomic<uint64_t> faults = 0, searches = 0;
    std::vector<std::jthread> readers;
    for (uint32_t reader = 0; reader < 2; ++reader) {
        readers.emplace_back([&, reader] {
            for (uint64_t i = reader; !done; i = (i + 7) % 1'000) {
                const std::vector<float> query(fixed.begin() + static_cast<ptrdiff_t>(i * dimension),
                                               fixed.begin() + static_cast<ptrdiff_t>((i + 1) * dimension));
                const auto found = search(*points, query, 1, i % 2 == 0);
                faults += !found || found->hits.size() != 1 || found->hits[0].id != i;
                const auto got = points->get(std::vector<uint64_t>{i}, true);
                faults += !got || got->size() != 1 || (*got)[0].vector != query;
                ++searches;
            }
        });
    }
    for (uint64_t& id : ids) id += 1'000;
    for (uint32_t round = 0; round < 60; ++round) {
        REQUIRE(insert(*points, random_vectors(1'000, dimension, 2 + round), ids, {}, OnConflict::replace));
        if (round % 10 == 9) REQUIRE(points->optimize({}));
    }
    done = true;
    readers.clear();
    CHECK(faults == 0);
    CHECK(searches > 0);
    CHECK(points->info().points == 2'000);
}

TEST_CASE("a collection is reindexed again and again while others write and search") {
    constexpr uint32_t dimension = 8;
    constexpr uint64_t batch = 20;
    constexpr uint64_t rounds = 200;
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), 256 << 10);
    const auto points = store->create("points", schema_of(dimension)).value();
    std::atomic<bool> done = false;
    std::atomic<uint64_t> faults = 0;
    std::vector<std::jthread> users;
    for (uint64_t user = 0; user < 2; ++user) {
        users.emplace_back([&, user] {
            // Not without end, where the reindexing is slow.
            for (uint64_t round = 0; !done && round < rounds; ++round) {
                const uint64_t first = (user * rounds + round) * batch;
                std::vector<uint64_t> ids(batch);
                for (uint64_t i = 0; i < batch; ++i) ids[i] = first + i;
                const auto vectors = random_vectors(batch, dimension, static_cast<uint32_t>(first));
                const bool inserted = insert(*points, vectors, ids).has_value();
                const auto found = search(*points, {vectors.begin(), vectors.begin() + dimension}, 1);
                faults += inserted && found && ids_of(*found) == std::vector{first} ? 0 : 1;
            }
        });
    }
    for (uint32_t round = 0; round < 6; ++round) {
        REQUIRE(points->reindex(
            [round](Schema& schema) -> Result<void> {
                schema.algorithm = round % 3 == 2 ? Algorithm::flat : Algorithm::hnsw;
                schema.hnsw.max_m = 32 + round;
                return {};
            },
            {}));
    }
    done = true;
    users.clear();
    CHECK(faults == 0);
    CHECK(points->schema().hnsw.max_m == 37);
    CHECK(points->schema().algorithm == Algorithm::flat);
}
