// SPDX-License-Identifier: Apache-2.0
// When writes are on the disk, and how many of them share an fdatasync.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/collection/local_collection.h"
#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

std::shared_ptr<LocalCollection> collection_in(const TemporaryDirectory& directory, const Schema& schema,
                                               CollectionOptions options = {}) {
    REQUIRE(LocalCollection::create(posix_disk(), directory.path(), schema));
    return LocalCollection::open(posix_disk(), "points", directory.path(), std::move(options)).value();
}

Schema schema_with(Durability durability) {
    Schema schema = schema_of(4, simd::Metric::euclidean, Algorithm::flat);
    schema.durability = durability;
    return schema;
}

void insert_one(Collection& collection) {
    REQUIRE(insert(collection, random_vectors(1, 4, 1)));
}

}  // namespace

TEST_CASE("under sync every call has an fdatasync of its own, also where many wait") {
    const TemporaryDirectory directory;
    const auto collection = collection_in(directory, schema_with(Durability::sync));
    const IoStats before = collection->io_stats();
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i)
        writers.emplace_back([&] {
            for (int j = 0; j < 5; ++j) static_cast<void>(insert(*collection, random_vectors(1, 4, 1)));
        });
    for (std::thread& writer : writers) writer.join();
    CHECK(collection->info().points == 20);
    CHECK(collection->stats().log_syncs == 20);
    CHECK(collection->io_stats().syncs.operations == before.syncs.operations + 20);
    CHECK(collection->io_stats().writes.operations == before.writes.operations + 20);
    REQUIRE(static_cast<Collection&>(*collection).erase(std::vector<uint64_t>{3}));
    REQUIRE(collection->update_metadata(4, R"({"k":1})", false));
    CHECK(collection->stats().log_syncs == 22);
}

TEST_CASE("under group no write is acknowledged before an fdatasync, and none has more than one") {
    const TemporaryDirectory directory;
    const auto collection = collection_in(directory, schema_with(Durability::group));
    for (uint64_t i = 1; i <= 5; ++i) {
        insert_one(*collection);
        CHECK(collection->stats().log_syncs == i);
    }
    std::vector<std::thread> writers;
    for (int i = 0; i < 8; ++i)
        writers.emplace_back([&] {
            for (int j = 0; j < 5; ++j) static_cast<void>(insert(*collection, random_vectors(1, 4, 1)));
        });
    for (std::thread& writer : writers) writer.join();
    CHECK(collection->info().points == 45);
    CHECK(collection->stats().log_syncs > 5);
    CHECK(collection->stats().log_syncs <= 45);
}

TEST_CASE("under async an fdatasync is started with every sync_frequency-th call") {
    const TemporaryDirectory directory;
    LocalCollection* written = nullptr;
    CollectionOptions options;
    options.wake_syncer = [&] { written->sync_async(); };
    Schema schema = schema_with(Durability::async);
    schema.io.sync_frequency = 3;
    const auto collection = collection_in(directory, schema, std::move(options));
    written = collection.get();
    for (uint64_t calls = 1; calls <= 10; ++calls) {
        insert_one(*collection);
        CHECK(collection->stats().log_syncs == calls / 3);
    }
    // Changed while it serves.
    REQUIRE(collection->configure({{"sync_frequency", 0}}));
    for (int i = 0; i < 10; ++i) insert_one(*collection);
    CHECK(collection->stats().log_syncs == 3);
    collection->sync_async();
    CHECK(collection->stats().log_syncs == 4);
    collection->sync_async();
    CHECK(collection->stats().log_syncs == 4);
}

TEST_CASE("a store syncs what is due by sync_frequency, and everything by time") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    Schema schema = schema_with(Durability::async);
    schema.io.sync_frequency = GENERATE(0, 1);
    const auto points = store->create("points", schema).value();
    insert_one(*points);
    for (int i = 0; i < 3000 && points->stats().log_syncs == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(points->stats().log_syncs == 1);
}
