// SPDX-License-Identifier: Apache-2.0
// Snapshots beside writers and the index's background work.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("a snapshot beside a writer holds all that was acknowledged before it, and each write whole") {
    constexpr uint32_t dimension = 4;
    constexpr uint64_t batch_rows = 10;
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), 8 << 10);
    const auto points = store->create("points", schema_of(dimension)).value();
    std::atomic<bool> stop = false;
    std::atomic<uint64_t> acknowledged = 0;
    std::jthread writer([&] {
        // At least as many as the snapshots wait for, and not without end.
        for (uint32_t batch = 0; !stop && batch < 100'000; ++batch) {
            if (!insert(*points, random_vectors(batch_rows, dimension, batch))) return;
            acknowledged += batch_rows;
        }
    });
    std::vector<uint64_t> least;
    for (int i = 0; i < 10; ++i) {
        const uint64_t wanted = acknowledged + 3 * batch_rows;
        while (acknowledged < wanted) std::this_thread::yield();
        least.push_back(acknowledged);
        REQUIRE(store->snapshot("points", "s" + std::to_string(i)));
    }
    const uint64_t most = acknowledged + batch_rows;
    stop = true;
    writer.join();
    for (size_t i = 0; i < least.size(); ++i) {
        const std::string name = "s" + std::to_string(i);
        const uint64_t told = store->find_snapshot("points", name)->points;
        const auto restored = store->restore("points", name, {name, false, {}}).value();
        const uint64_t held = restored->info().points;
        CHECK(held == told);
        CHECK(held >= least[i]);
        CHECK(held <= (i + 1 < least.size() ? least[i + 1] + batch_rows : most));
        CHECK(held % batch_rows == 0);
        REQUIRE(store->drop(name));
    }
}
