// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/calibration.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "part_data.h"

using namespace vexfs;
using namespace vexfs::graph;
using namespace vexfs::test;
using simd::Metric;

TEST_CASE("what was calibrated holds for queries that are not in the part") {
    constexpr size_t count = 4000, dimension = 24;
    // Rows and queries of one distribution: the queries are the last of it.
    const Vectors all = clustered(count + 200, dimension, 30, 1);
    Vectors vectors{dimension, {all.values.begin(), all.values.begin() + count * dimension}};
    for (const Metric metric : {Metric::cosine, Metric::euclidean}) {
        const auto built = part_of(vectors, metric, part_options());
        const auto part = refine(*built, vectors, part_options());
        for (const double target : {0.8, 0.9, 0.97}) {
            const CalibrationPoint point = part->calibration().for_recall(target);
            REQUIRE(point.ef > 0);
            CHECK(point.recall >= target);
            size_t found = 0;
            for (size_t i = count; i < count + 200; ++i) {
                const auto rows = search(*part, all[i], point.ef, reranked(10));
                for (const uint32_t row : nearest(vectors, metric, all[i], 10, any_row))
                    found += static_cast<size_t>(std::count(rows.begin(), rows.end(), row));
            }
            INFO("target " << target << ", ef_search " << point.ef);
            CHECK(static_cast<double>(found) / 2000 >= target - 0.03);
        }
    }
}

TEST_CASE("a higher recall takes a broader search, up to the broadest measured") {
    const Calibration calibration({{16, 0.5F, 0.01F}, {32, 0.8F, 0.01F}, {64, 0.95F, 0.01F}});
    CHECK(calibration.for_recall(0.3).ef == 16);
    CHECK(calibration.for_recall(0.49).ef == 16);
    CHECK(calibration.for_recall(0.7).ef > 16);
    CHECK(calibration.for_recall(0.7).ef < 32);
    CHECK(calibration.for_recall(0.94).ef == 64);
    // None held that: the caller sees so by the recall.
    CHECK(calibration.for_recall(0.99).ef == 64);
    CHECK(calibration.for_recall(0.99).recall == 0.95F);
}

TEST_CASE("a part too small to measure on has no calibration") {
    const Vectors few = clustered(20, 8, 2, 1);
    const auto part = part_of(few, Metric::cosine, part_options());
    CHECK(part->calibration().points().empty());
    CHECK(part->calibration().for_recall(0.9).ef == 0);
}

TEST_CASE("a calibration is saved with its part") {
    const TemporaryDirectory directory;
    const Vectors vectors = clustered(500, 8, 10, 1);
    const auto part = part_of(vectors, Metric::dot, part_options());
    REQUIRE(part->save(directory.file("part")));
    const auto loaded = Part::load(directory.file("part"), 8, Metric::dot, part_options().parameters).value();
    REQUIRE(loaded->calibration().points().size() == part->calibration().points().size());
    for (size_t i = 0; i < part->calibration().points().size(); ++i) {
        CHECK(loaded->calibration().points()[i].ef == part->calibration().points()[i].ef);
        CHECK(loaded->calibration().points()[i].recall == part->calibration().points()[i].recall);
    }
}
