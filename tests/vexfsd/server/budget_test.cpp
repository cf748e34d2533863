// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/server/budget.h"

#include <catch2/catch.hpp>

using vexfs::Budget;

TEST_CASE("bytes are taken as long as they fit and given back") {
    Budget budget(100);
    CHECK(budget.take(1, 60));
    CHECK(budget.take(2, 40));
    CHECK(budget.used_bytes() == 100);
    budget.give_back(60);
    CHECK(budget.used_bytes() == 40);
    CHECK_FALSE(budget.next());
}

TEST_CASE("who would go over the limit waits until there is room") {
    Budget budget(100);
    CHECK(budget.take(1, 60));
    CHECK_FALSE(budget.take(2, 41));
    CHECK(budget.used_bytes() == 60);
    budget.give_back(60);
    CHECK(budget.next() == 2u);
    CHECK_FALSE(budget.next());
    CHECK(budget.take(2, 41));
}

TEST_CASE("those who wait come in their order") {
    Budget budget(100);
    REQUIRE(budget.take(1, 100));
    REQUIRE_FALSE(budget.take(2, 50));
    REQUIRE_FALSE(budget.take(3, 50));
    budget.give_back(100);
    CHECK(budget.next() == 2u);
    CHECK(budget.next() == 3u);
    CHECK_FALSE(budget.next());
}

TEST_CASE("of those who block each other one goes over the limit, until it leaves") {
    Budget budget(100);
    REQUIRE(budget.take(1, 50));
    REQUIRE(budget.take(2, 50));
    REQUIRE_FALSE(budget.take(1, 50));
    REQUIRE_FALSE(budget.take(2, 50));
    CHECK(budget.next() == 1u);
    CHECK(budget.take(1, 50));
    CHECK(budget.used_bytes() == 150);
    CHECK(budget.take(1, 50));
    // The other has to wait while the first one goes on.
    CHECK_FALSE(budget.next());
    budget.give_back(150);
    budget.leave(1);
    CHECK(budget.next() == 2u);
}

TEST_CASE("who leaves waits no more") {
    Budget budget(10);
    REQUIRE(budget.take(1, 10));
    REQUIRE_FALSE(budget.take(2, 1));
    REQUIRE_FALSE(budget.take(3, 1));
    budget.leave(2);
    budget.give_back(10);
    CHECK(budget.next() == 3u);
    CHECK_FALSE(budget.next());
}

TEST_CASE("the chosen one that leaves makes room for the next") {
    Budget budget(10);
    REQUIRE(budget.take(1, 10));
    REQUIRE_FALSE(budget.take(2, 20));
    REQUIRE_FALSE(budget.take(3, 20));
    CHECK(budget.next() == 2u);
    CHECK_FALSE(budget.next());
    budget.leave(2);
    CHECK(budget.next() == 3u);
}

TEST_CASE("a lower limit holds for what is taken after it") {
    Budget budget(100);
    REQUIRE(budget.take(1, 80));
    budget.set_limit(50);
    CHECK(budget.used_bytes() == 80);
    CHECK_FALSE(budget.take(2, 1));
    budget.give_back(80);
    CHECK(budget.next() == 2u);
    CHECK(budget.take(2, 1));
}
