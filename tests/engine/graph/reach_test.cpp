// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/reach.h"

#include <catch2/catch.hpp>

using vexfs::graph::Reach;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("a walk reaches so many times as far as the last of the nearest found") {
    Reach reach;
    reach.reset(3, 2);
    CHECK(reach.distance() == infinity);
    for (const float distance : {7.0F, 5.0F, 9.0F}) reach.found(distance, infinity);
    CHECK(reach.distance() == 18);
    reach.found(20, infinity);
    CHECK(reach.distance() == 18);
    reach.found(1, infinity);
    CHECK(reach.distance() == 14);
    reach.found(2, infinity);
    CHECK(reach.distance() == 10);
}

TEST_CASE("an estimate stands in for what was not found yet") {
    Reach reach;
    reach.reset(2, 1.5F);
    reach.found(5, 10);
    CHECK(reach.distance() == 15);
    reach.found(4, 100);
    CHECK(reach.distance() == 7.5F);
}

TEST_CASE("without a reach there is no end") {
    Reach reach;
    for (const size_t nearest : {0, 1, 5}) {
        reach.reset(nearest, 0);
        for (int i = 0; i < 10; ++i) reach.found(1, 1);
        CHECK(reach.distance() == infinity);
    }
}
