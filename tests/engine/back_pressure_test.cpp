// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/back_pressure.h"

#include <catch2/catch.hpp>

#include "engine/collection/local_collection.h"
#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;
using namespace std::chrono_literals;

namespace {

constexpr BackPressure::Clock::time_point start = BackPressure::Clock::time_point(1h);

// A collection that nobody indexes until it is optimized.
std::shared_ptr<LocalCollection> open_collection(const std::string& directory, Backlog limit) {
    REQUIRE(LocalCollection::create(posix_disk(), directory, schema_of(4)));
    CollectionOptions options;
    options.max_backlog = [limit] { return limit; };
    return LocalCollection::open(posix_disk(), "points", directory, options).value();
}

}  // namespace

TEST_CASE("the excess is that of rows or of bytes, whichever is more") {
    CHECK(excess_of({100, 100}, {100, 100}) == 0);
    CHECK(excess_of({150, 100}, {100, 100}) == Approx(.5));
    CHECK(excess_of({150, 300}, {100, 100}) == Approx(2));
    CHECK(excess_of({150, 300}, {100, 0}) == Approx(.5));
    CHECK(excess_of({1'000'000, 1'000'000}, {0, 0}) == 0);
}

TEST_CASE("a write within the limit is not held back") {
    BackPressure pressure;
    CHECK(pressure.hold(1'000'000, 0, start) == 0us);
    CHECK(pressure.held().writes == 0);
}

TEST_CASE("a write is held back by its rows and by the excess") {
    CHECK(BackPressure().hold(1, 1, start) == 100us);
    CHECK(BackPressure().hold(1'000, 1, start) == 100ms);
    CHECK(BackPressure().hold(1'000, .25, start) == 25ms);
    CHECK(BackPressure().hold(1'000, 3, start) == 300ms);
}

TEST_CASE("all writers together are held to one rate") {
    BackPressure pressure;
    CHECK(pressure.hold(1'000, 1, start) == 100ms);
    CHECK(pressure.hold(2'000, 1, start) == 300ms);
    CHECK(pressure.hold(1'000, 1, start + 150ms) == 250ms);
    // Behind a pause nobody pays for what was before.
    CHECK(pressure.hold(1'000, 1, start + 10s) == 100ms);
    CHECK(pressure.held().writes == 4);
    CHECK(pressure.held().us_total == 750'000);
}

TEST_CASE("nothing is held back for longer than wait_max") {
    BackPressure pressure;
    for (int i = 0; i < 3; ++i) CHECK(pressure.hold(1 << 20, 1e12, start) == BackPressure::wait_max);
    CHECK(pressure.hold(1, 1e-9, start) <= BackPressure::wait_max);
}

TEST_CASE("when the backlog is within its limit again, nothing of before is paid for") {
    BackPressure pressure;
    CHECK(pressure.hold(10'000, 1, start) == 1s);
    CHECK(pressure.hold(10'000, 0, start) == 0us);
    CHECK(pressure.hold(1'000, 1, start) == 100ms);
}

TEST_CASE("a collection with a backlog takes every write, held back by more as it grows") {
    const TemporaryDirectory directory;
    const auto points = open_collection(directory.path(), {1'000, 0});
    CHECK(insert(*points, random_vectors(1'000, 4, 0))->held_back == 0us);
    auto most = 0us;
    for (uint32_t batch = 1; batch <= 4; ++batch) {
        const auto reply = insert(*points, random_vectors(1'000, 4, batch));
        REQUIRE(reply);
        // By itself, or behind those before.
        const auto own = batch * 1'000 * BackPressure::row_time;
        most += own;
        CHECK(reply->held_back >= own);
        CHECK(reply->held_back <= most);
    }
    CHECK(points->info().points == 5'000);
    CHECK(points->info().backlog.rows == 5'000);
    CHECK(points->info().backlog.bytes == 5'000 * 4 * sizeof(float));
    CHECK(points->stats().held.writes == 4);
    CHECK(points->stats().held.us_total > 0);

    REQUIRE(points->optimize({}));
    CHECK(points->stats().backlog.rows == 0);
    CHECK(insert(*points, random_vectors(10, 4, 9))->held_back == 0us);
}

TEST_CASE("what adds no rows is not held back, nor what has no index") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    store->set_max_backlog({1, 1});
    const auto flat = store->create("flat", schema_of(4, simd::Metric::cosine, Algorithm::flat)).value();
    CHECK(insert(*flat, random_vectors(100, 4, 1))->held_back == 0us);
    CHECK(flat->info().backlog.rows == 0);
    const auto points = store->create("points", schema_of(4)).value();
    CHECK(insert(*points, random_vectors(100, 4, 1))->held_back > 0us);
    const uint64_t held = points->stats().held.writes;
    CHECK(points->erase(std::vector<uint64_t>{1}));
    CHECK(points->update_metadata(2, "{}", true));
    CHECK(points->stats().held.writes == held);
}
