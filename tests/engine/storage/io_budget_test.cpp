// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/io_budget.h"

#include <catch2/catch.hpp>

#include "engine/storage/paced_disk.h"
#include "tests/engine/storage/real_disk.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;
using namespace std::chrono_literals;

namespace {

constexpr IoBudget::Clock::time_point start = IoBudget::Clock::time_point(1h);

}  // namespace

TEST_CASE("a budget without a rate is never overdrawn") {
    IoBudget budget;
    CHECK(budget.take(uint64_t{1} << 40, start) == 0s);
    CHECK_FALSE(budget.overdrawn(start));
}

TEST_CASE("what is taken from a budget is paid for at its rate") {
    IoBudget budget;
    budget.set_rate(1'000, start);
    CHECK(budget.take(500, start) == 500ms);
    CHECK(budget.take(500, start) == 1s);
    CHECK(budget.overdrawn(start + 999ms));
    CHECK_FALSE(budget.overdrawn(start + 1s));
    CHECK(budget.take(500, start + 900ms) == 600ms);
}

TEST_CASE("of a rate that was not used a part is kept") {
    IoBudget budget;
    budget.set_rate(1'000, start);
    CHECK(budget.take(250, start + 1h) == 0s);
    CHECK(budget.take(250, start + 1h) == 250ms);
}

TEST_CASE("a rate that changes holds from then on, for what is not paid as well") {
    IoBudget budget;
    budget.set_rate(1, start);
    CHECK(budget.take(1'000'000, start) == 1'000'000s);
    budget.set_rate(1'000, start + 1s);
    CHECK_FALSE(budget.overdrawn(start + 1s));
    CHECK(budget.take(500, start + 1s) == 500ms);
    budget.set_rate(1'000, start + 1s);
    CHECK(budget.overdrawn(start + 1s));
    budget.set_rate(0, start + 1s);
    CHECK(budget.take(1'000'000, start + 1s) == 0s);
}

TEST_CASE("a paced disk waits for what is written through it, and for nothing else") {
    const TemporaryDirectory directory;
    IoBudget budget;
    budget.set_rate(1);
    std::vector<IoBudget::Clock::duration> waits;
    PacedDisk disk(real_disk(), budget, [&](IoBudget::Clock::duration time) { waits.push_back(time); });
    const std::string content(3'600, 'x');
    const iovec part{const_cast<char*>(content.data()), content.size()};
    {
        const auto file = disk.create(directory / "file").value();
        REQUIRE(file->write_at(0, {&part, 1}));
        REQUIRE(file->write_and_sync(content.size(), {&part, 1}));
        REQUIRE(file->sync());
        std::vector<std::byte> into(content.size());
        REQUIRE(file->read_at(0, into));
    }
    {
        const auto bulk = disk.create_bulk(directory / "bulk").value();
        REQUIRE(bulk->write_at(0, {&part, 1}));
    }
    REQUIRE(disk.rename(directory / "bulk", directory / "again"));
    REQUIRE(disk.sync_directory(directory.path()));
    CHECK(disk.read(directory / "file", 10'000).value() == content + content);
    CHECK(disk.open(directory / "again").value()->size().value() == content.size());
    // The time of a write is that of all before it; a little of it is over when it is told.
    REQUIRE(waits.size() == 3);
    for (size_t i = 0; i < 3; ++i) {
        CHECK(waits[i] <= (i + 1) * 1h);
        CHECK(waits[i] > (i + 1) * 1h - 10min);
    }
}
