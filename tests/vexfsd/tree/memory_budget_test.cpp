// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/memory_budget.h"

#include <catch2/catch.hpp>

using namespace vexfs;
using namespace std::chrono_literals;

TEST_CASE("who would go over the limit is refused and keeps what it has") {
    MemoryBudget budget({100, 60s});
    MemoryBudget::Share one(budget, [] {}), other(budget, [] {});
    REQUIRE(one.resize(60));
    REQUIRE(other.resize(40));
    CHECK(other.resize(41).error().number == ENOMEM);
    CHECK(other.bytes() == 40);
    REQUIRE(one.resize(10));
    CHECK(other.resize(90));
    CHECK(budget.used_bytes() == 100);
    CHECK(one.resize(UINT64_MAX).error().number == ENOMEM);
}

TEST_CASE("what is held goes with its holder") {
    MemoryBudget budget({100, 60s});
    {
        MemoryBudget::Share one(budget, [] {});
        REQUIRE(one.resize(100));
    }
    CHECK(budget.used_bytes() == 0);
}

TEST_CASE("one that stalled gives way to who needs the room") {
    MemoryBudget budget({100, 0s});
    bool dropped = false;
    MemoryBudget::Share* stalled_share = nullptr;
    MemoryBudget::Share stalled(budget, [&] {
        dropped = true;
        REQUIRE(stalled_share->resize(0));
    });
    stalled_share = &stalled;
    REQUIRE(stalled.resize(100));
    MemoryBudget::Share other(budget, [] {});
    REQUIRE(other.resize(50));
    CHECK(dropped);
    CHECK(budget.used_bytes() == 50);
}

TEST_CASE("one that goes on keeps what it has") {
    MemoryBudget budget({100, 3600s});
    bool dropped = false;
    MemoryBudget::Share going(budget, [&] { dropped = true; });
    REQUIRE(going.resize(100));
    MemoryBudget::Share other(budget, [] {});
    CHECK(other.resize(1).error().number == ENOMEM);
    CHECK_FALSE(dropped);
}

TEST_CASE("a lower limit holds for what comes after") {
    MemoryBudget budget({100, 60s});
    MemoryBudget::Share one(budget, [] {});
    REQUIRE(one.resize(80));
    budget.set_limits({50, 60s});
    CHECK(one.resize(81).error().number == ENOMEM);
    CHECK(one.resize(70));
    CHECK(one.resize(50));
    CHECK(one.resize(51).error().number == ENOMEM);
}
