// SPDX-License-Identifier: Apache-2.0
// When a part is built, and over which rows.
#include <catch2/catch.hpp>

#include "engine/collection/part_index.h"

using namespace vexfs;

namespace {

constexpr bool busy = false, idle = true, all = true;

std::optional<uint32_t> plan(const std::vector<PartState>& parts, uint32_t rows, bool is_idle,
                             bool with_all = false) {
    return plan_part(parts, rows, is_idle, with_all);
}

PartState part(uint32_t first, uint32_t end, uint32_t dead = 0) {
    return {{first, end}, dead};
}

}  // namespace

TEST_CASE("nothing is built for no rows, or where parts cover them") {
    for (const bool is_idle : {busy, idle}) {
        CHECK_FALSE(plan({}, 0, is_idle));
        CHECK_FALSE(plan({}, 0, is_idle, all));
        CHECK_FALSE(plan({part(0, 50'000)}, 50'000, is_idle));
        CHECK_FALSE(plan({part(0, 50'000)}, 50'000, is_idle, all));
        CHECK_FALSE(plan({part(0, 50'000), part(50'000, 60'000)}, 60'000, is_idle));
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

TEST_CASE("parts that are not twice as large as what follows are merged with it") {
    CHECK(plan({part(0, 40'000)}, 60'000, busy) == 40'000U);
    CHECK(plan({part(0, 39'999)}, 59'999 + 1, busy) == 0U);
    CHECK(plan({part(0, 100'000), part(100'000, 120'000)}, 140'000, busy) == 100'000U);
    // The merged part draws in the one before, and so on.
    CHECK(plan({part(0, 70'000), part(70'000, 90'000)}, 110'000, busy) == 0U);
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
    CHECK(plan({part(0, 50'000)}, 50'001, busy, all) == 0U);
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
