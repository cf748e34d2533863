// SPDX-License-Identifier: Apache-2.0
// What read_ahead_kb and use_direct_io do. The others are in durability_test.cpp.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/engine/points.h"
#include "tests/engine/storage/page_cache.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("a pass over the vectors is read ahead by read_ahead_kb") {
    constexpr uint32_t dimension = 1024;
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    Schema schema = schema_of(dimension, simd::Metric::euclidean, Algorithm::flat);
    schema.io.read_ahead_kb = 0;
    const auto points = store->create("points", schema).value();
    for (uint32_t batch = 0; batch < 4; ++batch)
        REQUIRE(insert(*points, std::vector<float>(2048 * dimension, static_cast<float>(batch))));
    const PageCache cache(directory / "collections/points/00000001.log");
    constexpr uint64_t far = uint64_t{24} << 20;
    cache.forget();
    if (cache.holds(far)) {
        WARN("this file system keeps its files in memory");
        return;
    }
    const auto read_first = [&] { REQUIRE(points->scroll(0, 1, nullptr, true).value().points.size() == 1); };
    read_first();
    CHECK_FALSE(cache.holds(far));
    REQUIRE(points->configure({{"read_ahead_kb", 65'536}}));
    cache.forget();
    read_first();
    for (int i = 0; i < 3000 && !cache.holds(far); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(cache.holds(far));
}

TEST_CASE("with use_direct_io the files of the index go past the page cache where the file system can") {
    const TemporaryDirectory directory;
    const bool can = posix_disk().create_bulk(directory / "probe").value()->direct();
    const auto store = open_store(directory.path());
    Schema schema = schema_of(64);
    schema.io.use_direct_io = true;
    const auto points = store->create("points", schema).value();
    REQUIRE(insert(*points, random_vectors(4000, 64, 1)));
    REQUIRE(points->optimize({}));
    const IoStats stats = points->io_stats();
    CHECK(stats.bulk_files > 0);
    CHECK(stats.direct_files == (can ? stats.bulk_files : 0));
    CHECK((stats.direct_write_bytes > 0) == can);
    CHECK(points->info().background_error.empty());
    // Changed while it serves: the next files are not.
    REQUIRE(points->configure({{"use_direct_io", false}}));
    REQUIRE(insert(*points, random_vectors(4000, 64, 2)));
    REQUIRE(points->optimize({}));
    CHECK(points->info().indexed_points == 8000);
    CHECK(points->io_stats().direct_write_bytes == stats.direct_write_bytes);
}

TEST_CASE("an index written past the page cache is read again") {
    const TemporaryDirectory directory;
    {
        const auto store = open_store(directory.path());
        Schema schema = schema_of(32, GENERATE(simd::Metric::cosine, simd::Metric::manhattan));
        schema.io.use_direct_io = true;
        const auto points = store->create("points", schema).value();
        REQUIRE(insert(*points, random_vectors(3000, 32, 1)));
        REQUIRE(points->optimize({}));
    }
    const auto store = open_store(directory.path());
    const auto points = store->find("points").value();
    CHECK(points->info().background_error.empty());
    CHECK(points->info().indexed_points == 3000);
    CHECK(points->schema().io.use_direct_io);
    CHECK(points->io_stats().reads.bytes > 0);
}
