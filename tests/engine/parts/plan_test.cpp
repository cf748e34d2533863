// SPDX-License-Identifier: Apache-2.0
// When a part is built, and over which rows.
#include <catch2/catch.hpp>

#include "engine/collection/part_index.h"

using namespace vexfs;

namespace {

constexpr Pace busy = Pace::some, idle = Pace::rest;
constexpr bool all = true;

std::optional<uint32_t> plan(const std::vector<PartState>& parts, uint32_t rows, Pace pace,
                             bool with_all = false) {
    return plan_part(parts, rows, pace, with_all);
}

PartState part(uint32_t first, uint32_t end, uint32_t dead = 0) {
    return {{first, end}, dead};
}

}  // namespace

TEST_CASE("nothing is built for no rows, or where parts cover them") {
    for (const Pace pace : {Pace::rest, Pace::some, Pace::surge}) {
        CHECK_FALSE(plan({}, 0, pace));
        CHECK_FALSE(plan({}, 0, pace, all));
        CHECK_FALSE(plan({part(0, 50'000)}, 50'000, pace));
        CHECK_FALSE(plan({part(0, 50'000)}, 50'000, pace, all));
        CHECK_FALSE(plan({part(0, 50'000), part(50'000, 60'000)}, 60'000, pace));
    }
}

TEST_CASE("few new rows wait, even when no more come") {
    CHECK_FALSE(plan({}, 1, idle));
    CHECK_FALSE(plan({}, 1'023, idle));
    CHECK_FALSE(plan({part(0, 50'000)}, 50'500, idle));
}

TEST_CASE("some new rows wait until no more come") {
    CHECK_FALSE(plan({}, 1'024, busy));
    CHECK(plan({}, 1'024, idle) == 0U);
    CHECK_FALSE(plan({part(0, 50'000)}, 60'000, busy));
    CHECK(plan({part(0, 50'000)}, 60'000, idle) == 50'000U);
}

TEST_CASE("many new rows don't wait") {
    CHECK_FALSE(plan({}, 16'383, busy));
    CHECK(plan({}, 16'384, busy) == 0U);
    CHECK(plan({part(0, 100'000)}, 116'384, busy) == 100'000U);
}

TEST_CASE("in a surge of rows more of them are waited for") {
    CHECK_FALSE(plan({}, 200'000, Pace::surge));
    CHECK(plan({}, 262'144, Pace::surge) == 0U);
    CHECK(plan({}, 200'000, Pace::surge, all) == 0U);
}

TEST_CASE("the pace is told from how many rows come") {
    using std::chrono::milliseconds;
    Arrivals arrivals;
    Arrivals::Clock::time_point now{std::chrono::hours(1)};
    const auto after = [&](milliseconds time) { return now += time; };
    CHECK(arrivals.pace(0, now) == Pace::rest);
    CHECK_FALSE(arrivals.calm(now));  // it has not been watched for long
    CHECK(arrivals.pace(500, after(milliseconds(200))) == Pace::some);
    CHECK(arrivals.pace(600, after(milliseconds(200))) == Pace::some);
    CHECK(arrivals.calm(now));
    CHECK(arrivals.pace(1'000, after(milliseconds(100))) == Pace::some);
    CHECK(arrivals.pace(20'000, after(milliseconds(50))) == Pace::surge);
    CHECK_FALSE(arrivals.calm(now));
    CHECK(arrivals.pace(20'100, after(milliseconds(5))) == Pace::surge);
    CHECK(arrivals.pace(20'100, after(milliseconds(50))) == Pace::some);
    CHECK(arrivals.pace(20'100, after(milliseconds(200))) == Pace::some);
    CHECK(arrivals.pace(20'100, after(milliseconds(200))) == Pace::rest);
    CHECK(arrivals.calm(now));
    CHECK(arrivals.pace(20'200, after(milliseconds(5'000))) == Pace::some);
    CHECK_FALSE(arrivals.calm(now));
    // A few at a time never rest, and are calm.
    uint32_t rows = 20'200;
    for (int i = 0; i < 100; ++i) CHECK(arrivals.pace(rows += 10, after(milliseconds(100))) == Pace::some);
    CHECK(arrivals.calm(now));
}

TEST_CASE("new rows come first: only parts that are small beside them are built again") {
    CHECK(plan({part(0, 40'000)}, 60'000, busy) == 40'000U);
    CHECK(plan({part(0, 10'000)}, 50'000, busy) == 10'000U);
    CHECK(plan({part(0, 10'000)}, 50'001, busy) == 0U);
    CHECK(plan({part(0, 90'000), part(90'000, 100'000)}, 150'000, busy) == 90'000U);
}

TEST_CASE("when no rows come, parts that are not twice as large as what follows are merged with it") {
    CHECK_FALSE(plan({part(0, 40'000), part(40'000, 60'000)}, 60'000, busy));
    CHECK_FALSE(plan({part(0, 40'000), part(40'000, 60'000)}, 60'000, idle));
    CHECK(plan({part(0, 39'999), part(39'999, 60'000)}, 60'000, idle) == 0U);
    CHECK(plan({part(0, 100'000), part(100'000, 120'000), part(120'000, 140'000)}, 140'000, idle) ==
          100'000U);
    CHECK(plan({part(0, 70'000), part(70'000, 90'000), part(90'000, 110'000)}, 110'000, idle) == 0U);
}

TEST_CASE("many parts are merged also while rows come") {
    std::vector<PartState> parts;
    for (uint32_t i = 0; i < 8; ++i) parts.push_back(part(i * 20'000, (i + 1) * 20'000));
    CHECK(plan(parts, 180'000, busy) == 0U);
    CHECK_FALSE(plan(parts, 170'000, busy));
    parts.pop_back();
    CHECK(plan(parts, 160'000, busy) == 140'000U);
}

TEST_CASE("a part with more than a fifth of its rows dead is built anew with what follows") {
    CHECK_FALSE(plan({part(0, 10'000, 2'000)}, 10'000, busy));
    CHECK(plan({part(0, 10'000, 2'001)}, 10'000, busy) == 0U);
    CHECK(plan({part(0, 90'000), part(90'000, 100'000, 5'000)}, 100'010, busy) == 90'000U);
    CHECK(plan({part(0, 90'000, 30'000), part(90'000, 100'000)}, 100'000, busy) == 0U);
    CHECK(plan({part(0, 10'000, 10'000)}, 10'000, busy, all) == 0U);
}

TEST_CASE("a part of no rows is not built again for ever") {
    CHECK_FALSE(plan({part(0, 0)}, 0, idle, all));
}

TEST_CASE("in the end all rows are in one part") {
    CHECK(plan({}, 1, busy, all) == 0U);
    // First those that are new, so that the index has all of them soon.
    CHECK(plan({part(0, 50'000)}, 50'001, busy, all) == 50'000U);
    CHECK(plan({part(0, 50'000)}, 250'001, busy, all) == 0U);
    CHECK(plan({part(0, 50'000), part(50'000, 50'001)}, 50'001, busy, all) == 0U);
    CHECK(plan({part(0, 50'000), part(50'000, 60'000)}, 60'000, busy, all) == 0U);
}

// As a collection grows by rows that come in batches, whatever their sizes.
TEST_CASE("parts stay few and each row is built into a few of them") {
    std::vector<PartState> parts;
    uint64_t built = 0;
    uint32_t rows = 0;
    while (rows < 3'000'000) {
        rows += 1 + rows % 7'919;
        while (const auto first = plan(parts, rows, busy)) {
            REQUIRE(*first <= (parts.empty() ? 0 : parts.back().range.end));
            while (!parts.empty() && parts.back().range.first >= *first) parts.pop_back();
            REQUIRE((parts.empty() ? 0 : parts.back().range.end) == *first);
            parts.push_back(part(*first, rows));
            built += rows - *first;
        }
        CHECK(parts.size() <= 9);
    }
    CHECK(built < uint64_t{8} * rows);
}
