// SPDX-License-Identifier: Apache-2.0
// A disk that is full in the middle of a snapshot.
#include <catch2/catch.hpp>
#include <filesystem>

#include "engine/collection/snapshots.h"
#include "tests/engine/failing_disk.h"
#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("a disk that is full at any moment of a snapshot leaves nothing of it, and the collection serves") {
    constexpr uint64_t rows = 300;
    uint64_t call = 1;
    for (bool failed = true; failed; ++call) {
        INFO("call " << call);
        const TemporaryDirectory directory;
        FailingDisk disk;
        std::filesystem::create_directory(directory / "points");
        REQUIRE(LocalCollection::create(disk, directory / "points", schema_of(4)));
        const auto points = LocalCollection::open(disk, "points", directory / "points", {}).value();
        REQUIRE(insert(*points, random_vectors(rows, 4, 1)));
        Snapshots snapshots(disk, directory / "snapshots");

        disk.fail_at(call);
        const auto taken = snapshots.create(*points, "points", "one");
        failed = disk.failed();
        disk.fail_at(0);
        CHECK(taken.has_value() == !failed);
        if (failed) {
            CHECK(taken.error().code == ErrorCode::no_space);
            CHECK(snapshots.list("")->empty());
            if (std::filesystem::exists(directory / "snapshots/points"))
                CHECK(std::filesystem::is_empty(directory / "snapshots/points"));
        }
        CHECK_FALSE(points->info().read_only);
        REQUIRE(insert(*points, random_vectors(rows, 4, 2)));
        CHECK(points->info().points == 2 * rows);
        // There is room again.
        CHECK(snapshots.create(*points, "points", "two")->points == 2 * rows);
    }
    CHECK(call > 10);
}
