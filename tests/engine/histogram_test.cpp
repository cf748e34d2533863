// SPDX-License-Identifier: Apache-2.0
#include "engine/base/histogram.h"

#include <catch2/catch.hpp>
#include <thread>

using vexfs::Histogram;

TEST_CASE("a histogram tells percentiles to an eighth, at any scale") {
    for (const uint64_t scale : {uint64_t{1}, uint64_t{1000}, uint64_t{1} << 30}) {
        Histogram histogram;
        for (uint64_t i = 1; i <= 1000; ++i) histogram.record(i * scale);
        CHECK(histogram.counts().count() == 1000);
        CHECK(histogram.counts().max == 1000 * scale);
        CHECK(histogram.counts().mean() == Approx(500.5 * static_cast<double>(scale)));
        for (const double share : {.01, .5, .9, .99, 1.0}) {
            const auto exact = share * 1000 * static_cast<double>(scale);
            INFO(scale << " " << share);
            CHECK(static_cast<double>(histogram.counts().percentile(share)) >= exact);
            CHECK(static_cast<double>(histogram.counts().percentile(share)) <= exact * 1.125 + 1);
        }
    }
}

TEST_CASE("a histogram of nothing has nothing, and one of a value has that") {
    Histogram histogram;
    CHECK(histogram.counts().percentile(.99) == 0);
    CHECK(histogram.counts().mean() == 0);
    CHECK(histogram.counts().octaves().empty());
    histogram.record(12'345);
    CHECK(histogram.counts().percentile(.01) == 12'345);
    CHECK(histogram.counts().percentile(.99) == 12'345);
    histogram.record(UINT64_MAX);
    CHECK(histogram.counts().max == Histogram::value_max);
}

TEST_CASE("a histogram is shown by powers of two") {
    Histogram histogram;
    for (const uint64_t value : {5, 7, 8, 15, 16, 70}) histogram.record(value);
    const auto octaves = histogram.counts().octaves();
    REQUIRE(octaves.size() == 5);
    CHECK((octaves[0].last == 7 && octaves[0].count == 2));
    CHECK((octaves[1].last == 15 && octaves[1].count == 2));
    CHECK((octaves[2].last == 31 && octaves[2].count == 1));
    CHECK((octaves[3].last == 63 && octaves[3].count == 0));
    CHECK((octaves[4].last == 127 && octaves[4].count == 1));
}

TEST_CASE("no value is lost where threads record at once") {
    Histogram histogram;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (uint64_t value = 0; value < 1000; ++value) histogram.record(value);
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(histogram.counts().count() == 4000);
    CHECK(histogram.counts().sum == 4 * 999 * 500);
}

TEST_CASE("counts of two moments give what came between them, and add up") {
    Histogram histogram;
    for (const uint64_t value : {5, 7, 1000}) histogram.record(value);
    const vexfs::HistogramCounts before = histogram.counts();
    for (const uint64_t value : {100, 100, 100, 200}) histogram.record(value);
    const vexfs::HistogramCounts between = histogram.counts().since(before);
    CHECK(between.count() == 4);
    CHECK(between.sum == 500);
    CHECK(between.percentile(.5) == 103);
    vexfs::HistogramCounts all = before;
    all += between;
    CHECK(all.count() == 7);
    CHECK(all.sum == histogram.counts().sum);
}
