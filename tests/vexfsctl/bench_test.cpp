// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <numeric>

#include "vexfsctl/bench_ann.h"

using namespace vexfs::ctl;

TEST_CASE("recall counts the true neighbours found, whatever their order") {
    const std::vector<int64_t> truth{1, 2, 3, 4, 5, 6};  // two queries, three columns
    CHECK(recall_of({2, 1, 4, 5}, truth, 3, 2) == 1.0);
    CHECK(recall_of({2, 3, 4, -1}, truth, 3, 2) == 0.5);  // 3 is the third neighbour, not among two
    CHECK(recall_of({-1, -1, -1, -1}, truth, 3, 2) == 0.0);
}

TEST_CASE("percentiles are times that were measured") {
    std::vector<double> times(100);
    std::iota(times.rbegin(), times.rend(), 1);
    CHECK(percentiles(times).p50_us == 50);
    CHECK(percentiles(times).p99_us == 99);
    CHECK(percentiles({7}).p99_us == 7);
}
