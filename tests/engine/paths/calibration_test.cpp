// SPDX-License-Identifier: Apache-2.0
#include "engine/paths/calibration.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace vexfs::paths;

namespace {

CalibrationPoint walk(uint32_t ef, float recall, float cost_us) {
    return {{Path::graph, ef, 0}, recall, 0.01F, cost_us};
}

CalibrationPoint scan(uint32_t breadth, float recall, float cost_us) {
    return {{Path::sketch, breadth, 0}, recall, 0.01F, cost_us};
}

CalibrationPoint far(float reach, float recall, float seen) {
    return {{Path::graph, 1000, 0, reach}, recall, 0.01F, seen, seen};
}

}  // namespace

TEST_CASE("a higher recall takes a broader search, up to the broadest measured") {
    const Calibration calibration({walk(16, 0.5F, 10), walk(32, 0.8F, 20), walk(64, 0.95F, 40)});
    const auto ef = [&](double recall) { return calibration.for_recall(recall).setting.breadth; };
    CHECK(ef(0.3) == 16);
    CHECK(ef(0.49) == 16);
    CHECK(ef(0.7) > 16);
    CHECK(ef(0.7) < 32);
    CHECK(ef(0.94) == 64);
    // None held that: the caller sees so by the recall.
    CHECK(ef(0.99) == 64);
    CHECK(calibration.for_recall(0.99).recall == 0.95F);
}

TEST_CASE("a higher recall takes a walk that reaches farther") {
    const Calibration calibration({far(1.1F, 0.5F, 20), far(1.2F, 0.8F, 40), far(1.4F, 0.95F, 80)});
    const auto reach = [&](double recall) { return calibration.for_recall(recall).setting.reach; };
    CHECK(reach(0.3) == 1.1F);
    CHECK(reach(0.7) > 1.1F);
    CHECK(reach(0.7) < 1.2F);
    CHECK(reach(0.9) > 1.2F);
    CHECK(reach(0.9) < 1.4F);
    CHECK(reach(0.99) == 1.4F);
    CHECK(calibration.for_recall(0.9).setting.breadth == 1000);
}

TEST_CASE("a walk of a breadth reaches as far as was measured to take so many nodes") {
    const Calibration calibration({scan(64, 0.8F, 80), far(1.1F, 0.5F, 20), far(1.2F, 0.8F, 40),
                                   far(1.4F, 0.95F, 80), scan(512, 0.99F, 100)});
    CHECK(calibration.walk(40).reach == 1.2F);
    CHECK(calibration.walk(80).reach == Approx(1.4F));
    CHECK(calibration.walk(60).reach > 1.2F);
    CHECK(calibration.walk(60).reach < 1.4F);
    // Twice as many took twice as far.
    CHECK(calibration.walk(160).reach == Approx(1.8F));
    for (const uint32_t ef : {40, 60, 160, 60'000}) {
        CHECK(calibration.walk(ef).path == Path::graph);
        CHECK(calibration.walk(ef).breadth > ef);
        CHECK(std::isfinite(calibration.walk(ef).reach));
    }
}

TEST_CASE("a walk of a breadth that nothing was measured of is of that breadth alone") {
    const auto plain = [](const Calibration& calibration, uint32_t ef) {
        const Setting walk = calibration.walk(ef);
        return walk.path == Path::graph && walk.breadth == ef && walk.reach == 0;
    };
    CHECK(plain(Calibration(), 100));
    CHECK(plain(Calibration({scan(64, 0.8F, 80), scan(512, 0.99F, 100)}), 100));
    CHECK(plain(Calibration({far(1.1F, 0.5F, 20)}), 100));
    CHECK(plain(Calibration({far(1.1F, 0.5F, 20), far(1.2F, 0.8F, 20)}), 100));
    CHECK(plain(Calibration({far(1.1F, 0.5F, 20), far(1.2F, 0.8F, 40)}), 39));
}

TEST_CASE("the cheapest path that holds the recall is taken") {
    const Calibration calibration({walk(16, 0.5F, 10), walk(64, 0.9F, 40), walk(512, 0.97F, 300),
                                   scan(64, 0.8F, 80), scan(512, 0.99F, 100)});
    CHECK(calibration.for_recall(0.5).setting.path == Path::graph);
    CHECK(calibration.for_recall(0.85).setting.path == Path::graph);
    CHECK(calibration.for_recall(0.95).setting.path == Path::sketch);
    CHECK(calibration.for_recall(0.95).cost_us <= 100);
    CHECK(calibration.for_recall(0.97).setting.path == Path::sketch);
    // Nearest to what none holds.
    CHECK(calibration.for_recall(0.995).setting.path == Path::sketch);
}

TEST_CASE("a path that is never the cheapest is not useful") {
    Calibration calibration(
        {walk(16, 0.9F, 10), walk(64, 0.998F, 40), scan(64, 0.8F, 80), scan(512, 0.99F, 100)});
    CHECK(calibration.useful(Path::graph));
    CHECK_FALSE(calibration.useful(Path::sketch));
    CHECK_FALSE(calibration.useful(Path::lists));
    calibration.drop(Path::graph);
    CHECK(calibration.useful(Path::sketch));
    CHECK(calibration.points().size() == 2);
}

TEST_CASE("a calibration of nothing says so") {
    CHECK(Calibration().for_recall(0.9).setting.breadth == 0);
    CHECK_FALSE(Calibration().useful(Path::graph));
}

TEST_CASE("more results than were calibrated for take a broader search") {
    const Setting lists{Path::lists, 100, 8};
    CHECK(for_limit(lists, 1).breadth == 100);
    CHECK(for_limit(lists, 10).probes == 8);
    CHECK(for_limit(lists, 40).breadth == 400);
    CHECK(for_limit(lists, 40).probes == 16);
    CHECK(for_limit({Path::sketch, 4, 0}, 8).breadth == 8);
}

TEST_CASE("values that nobody can have measured are told") {
    const CalibrationPoint sound = scan(64, 0.8F, 80);
    CHECK(possible(sound));
    const auto with = [&](auto change) {
        CalibrationPoint point = sound;
        change(point);
        return possible(point);
    };
    CHECK_FALSE(with([](CalibrationPoint& p) { p.setting.path = static_cast<Path>(path_count); }));
    CHECK_FALSE(with([](CalibrationPoint& p) { p.setting.breadth = 0; }));
    CHECK_FALSE(with([](CalibrationPoint& p) { p.setting.breadth = UINT32_MAX; }));
    CHECK_FALSE(with([](CalibrationPoint& p) { p.setting.probes = UINT32_MAX; }));
    CHECK_FALSE(with([](CalibrationPoint& p) { p.setting.reach = std::numeric_limits<float>::infinity(); }));
    CHECK_FALSE(with([](CalibrationPoint& p) { p.seen = std::numeric_limits<float>::quiet_NaN(); }));
    CHECK_FALSE(with([](CalibrationPoint& p) { p.recall = -1; }));
    CHECK_FALSE(with([](CalibrationPoint& p) { p.error = std::numeric_limits<float>::quiet_NaN(); }));
    CHECK_FALSE(with([](CalibrationPoint& p) { p.cost_us = std::numeric_limits<float>::infinity(); }));
}
