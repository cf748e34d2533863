// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/calibration.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/paths/sweep.h"
#include "part_data.h"

using namespace vexfs;
using namespace vexfs::graph;
using namespace vexfs::test;
using paths::CalibrationPoint;
using paths::Path;
using simd::Metric;

namespace {

// Queries are the last of the vectors, which the part doesn't have: of one distribution with its rows.
double recall_of(const paths::Part& part, const Vectors& vectors, const Vectors& all, Metric metric,
                 const paths::Setting& setting) {
    size_t found = 0, expected = 0;
    for (size_t i = vectors.rows(); i < all.rows(); ++i) {
        std::vector<uint32_t> rows;
        part.search(all[i], setting, paths::reranked(10), any_row, rows);
        for (const uint32_t row : nearest(vectors, metric, all[i], 10, any_row)) {
            found += static_cast<size_t>(std::count(rows.begin(), rows.end(), row));
            ++expected;
        }
    }
    return static_cast<double>(found) / static_cast<double>(expected);
}

Vectors first_of(const Vectors& all, size_t count) {
    return {all.dimension,
            {all.values.begin(), all.values.begin() + static_cast<ptrdiff_t>(count * all.dimension)}};
}

Vectors uniform(size_t rows, size_t dimension) {
    std::mt19937_64 random(3);
    std::uniform_real_distribution<float> values;
    Vectors vectors{dimension, std::vector<float>(rows * dimension)};
    for (float& value : vectors.values) value = values(random);
    return vectors;
}

}  // namespace

TEST_CASE("what was calibrated holds for queries that are not in the part") {
    const Vectors all = clustered(4200, 24, 30, 1);
    const Vectors vectors = first_of(all, 4000);
    for (const Metric metric : {Metric::cosine, Metric::euclidean}) {
        const auto built = part_of(vectors, metric, part_options());
        const auto part = refine(*built, vectors, part_options());
        for (const double target : {0.8, 0.9, 0.97}) {
            const CalibrationPoint point = part->calibration().for_recall(target);
            REQUIRE(point.setting.breadth > 0);
            CHECK(point.recall >= target);
            INFO("target " << target << ", path " << name_of(point.setting.path));
            CHECK(recall_of(*part, vectors, all, metric, point.setting) >= target - 0.03);
        }
    }
}

TEST_CASE("the recall is held on data without any structure") {
    const Vectors all = uniform(6200, 96);
    const Vectors vectors = first_of(all, 6000);
    const auto part = part_of(vectors, Metric::cosine, part_options());
    for (const double target : {0.85, 0.95, 0.99}) {
        const CalibrationPoint point = part->calibration().for_recall(target);
        CHECK(point.recall >= target);
        CHECK(recall_of(*part, vectors, all, Metric::cosine, point.setting) >= target - 0.03);
    }
}

TEST_CASE("a compact part whose walks reach every recall has no sketches") {
    const Vectors vectors = clustered(20'000, 8, 100, 1);
    const auto options = part_options(2, GraphLayout::compact);
    const auto built = part_of(vectors, Metric::euclidean, options);
    const auto part = refine(*built, vectors, options);
    const auto is_walk = [](const CalibrationPoint& point) { return point.setting.path == Path::graph; };
    for (const paths::Part* one : std::initializer_list<const paths::Part*>{built.get(), part.get()}) {
        const auto points = one->calibration().points();
        const auto best = std::ranges::max_element(
            points, {}, [&](const CalibrationPoint& point) { return is_walk(point) ? point.recall : 0; });
        REQUIRE(best != points.end());
        if (best->recall >= paths::recall_enough) CHECK(std::ranges::all_of(points, is_walk));
    }
}

TEST_CASE("all paths of a part find the same, deleted rows excepted") {
    const Vectors vectors = clustered(9000, 32, 60, 1), queries = clustered(50, 32, 60, 2);
    const auto built = part_of(vectors, Metric::euclidean, part_options(), 100);
    const auto part = refine(*built, vectors, part_options());
    const auto odd = [](uint32_t row) { return row % 2 == 1; };
    for (const CalibrationPoint& point : part->calibration().points()) {
        for (uint32_t i = 0; i < queries.rows(); ++i) {
            std::vector<uint32_t> rows;
            part->search(queries[i], point.setting, 10, odd, rows);
            CHECK(std::ranges::all_of(rows, odd));
            CHECK(std::ranges::all_of(rows, [](uint32_t row) { return row >= 100 && row < 9100; }));
            CHECK(std::set<uint32_t>(rows.begin(), rows.end()).size() == rows.size());
        }
    }
}

TEST_CASE("a part too small to measure on has no calibration") {
    const Vectors few = clustered(20, 8, 2, 1);
    const auto part = part_of(few, Metric::cosine, part_options());
    CHECK(part->calibration().points().empty());
    CHECK(part->calibration().for_recall(0.9).setting.breadth == 0);
}

TEST_CASE("a calibration is saved with its part, and its lists answer as before") {
    const TemporaryDirectory directory;
    const Vectors vectors = clustered(9000, 24, 40, 1), queries = clustered(20, 24, 40, 2);
    const auto built = part_of(vectors, Metric::dot, part_options());
    const auto part = refine(*built, vectors, part_options());
    for (const paths::Part* saved : std::initializer_list<const paths::Part*>{built.get(), part.get()}) {
        REQUIRE(saved->save(directory.file("part")));
        const auto loaded =
            Part::load(directory.file("part"), 24, Metric::dot, part_options().parameters).value();
        REQUIRE(loaded->calibration().points().size() == saved->calibration().points().size());
        CHECK(loaded->memory_bytes() >= saved->nodes() * 24);
        for (size_t k = 0; k < saved->calibration().points().size(); ++k) {
            const CalibrationPoint &before = saved->calibration().points()[k],
                                   &after = loaded->calibration().points()[k];
            CHECK(after.recall == before.recall);
            CHECK(after.cost_us == before.cost_us);
            for (uint32_t i = 0; i < queries.rows(); ++i) {
                std::vector<uint32_t> expected, got;
                saved->search(queries[i], before.setting, 10, any_row, expected);
                loaded->search(queries[i], after.setting, 10, any_row, got);
                CHECK(got == expected);
            }
        }
    }
}
