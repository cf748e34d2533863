// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/part.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "engine/graph/part_file.h"
#include "graph_data.h"
#include "part_data.h"

using namespace vexfs;
using namespace vexfs::graph;
using namespace vexfs::test;
using simd::Metric;

namespace {

double recall_at_10(const paths::Part& part, const Vectors& vectors, Metric metric, const Vectors& queries,
                    size_t ef) {
    size_t found = 0;
    for (uint32_t i = 0; i < queries.rows(); ++i) {
        const auto rows = search(part, queries[i], ef, 15);
        for (const uint32_t row : nearest(vectors, metric, queries[i], 10, any_row))
            found += static_cast<size_t>(std::count(rows.begin(), rows.end(), row));
    }
    return static_cast<double>(found) / (10.0 * queries.rows());
}

// For tests of both layouts.
PartOptions of_layout(GraphLayout layout, unsigned threads = 2) {
    return part_options(threads, layout);
}

// In a subspace of some dimensions but for a little, the same one for each seed.
Vectors flat_points(size_t rows, size_t dimension, size_t dimensions, uint64_t seed) {
    const Vectors axes = random_points(dimensions, dimension, 99),
                  along = random_points(rows, dimensions, seed);
    Vectors vectors = random_points(rows, dimension, 7 + seed);
    for (float& value : vectors.values) value *= 0.05F;
    for (uint32_t row = 0; row < rows; ++row)
        for (uint32_t axis = 0; axis < dimensions; ++axis)
            for (size_t k = 0; k < dimension; ++k)
                vectors.values[row * dimension + k] += along[row][axis] * axes[axis][k];
    return vectors;
}

}  // namespace

TEST_CASE("a part finds the nearest under every metric, refined or not") {
    const PartOptions options = of_layout(GENERATE(GraphLayout::fast, GraphLayout::compact));
    for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot}) {
        for (const size_t dimension : {1, 3, 33, 300}) {
            const size_t count = dimension == 300 ? 1000 : 3000;
            const Vectors vectors = clustered(count, dimension, 20, 1);
            const Vectors queries = clustered(40, dimension, 20, 2);
            const auto part = part_of(vectors, metric, options);
            REQUIRE(part);
            CHECK(part->nodes() == count);
            CHECK(part->range().count() == count);
            CHECK_FALSE(part->refined());
            CHECK(part->memory_bytes() > 0);
            INFO("metric " << static_cast<int>(metric) << ", dimension " << dimension);
            // Where nearly all are at the same distance, ten of them are as good as any other ten.
            const bool ties = metric == Metric::cosine && dimension == 1;
            if (!ties && dimension > 1) CHECK(recall_at_10(*part, vectors, metric, queries, 300) >= 0.95);
            const auto refined = refine(*part, vectors, options);
            REQUIRE(refined);
            CHECK(refined->refined());
            CHECK(refined->nodes() == count);
            if (!ties && dimension > 1) CHECK(recall_at_10(*refined, vectors, metric, queries, 200) >= 0.95);
        }
    }
}

TEST_CASE("one-dimensional parts find a row as near as the nearest") {
    const Vectors vectors = clustered(2000, 1, 20, 1), queries = clustered(40, 1, 20, 2);
    for (const Metric metric : {Metric::cosine, Metric::euclidean}) {
        const auto part = part_of(vectors, metric, part_options());
        for (uint32_t i = 0; i < queries.rows(); ++i) {
            double best = 1e30;
            for (const uint32_t row : search(*part, queries[i], 100, 15))
                best = std::min(best, distance(metric, queries[i], vectors[row], 1));
            const uint32_t truth = nearest(vectors, metric, queries[i], 1, any_row)[0];
            // The codes of a line have 255 places.
            CHECK(best <= distance(metric, queries[i], vectors[truth], 1) + 0.1);
        }
    }
}

TEST_CASE("a search returns rows that are accepted, nearest first, no more than wanted") {
    const Vectors vectors = clustered(2000, 16, 10, 1);
    const auto part = part_of(vectors, Metric::euclidean, part_options(), 500);
    std::vector<uint32_t> rows;
    const auto even = [](uint32_t row) { return row % 2 == 0; };
    const size_t compared = part->search(vectors[7], walk_of(100), 20, even, rows);
    CHECK(compared >= 100);
    REQUIRE(rows.size() == 20);
    double before = 0;
    for (const uint32_t row : rows) {
        CHECK(even(row));
        CHECK(row >= 500);
        CHECK(row < 2500);
        const double now = distance(Metric::euclidean, vectors[7], vectors[row - 500], 16);
        CHECK(now >= before - 0.2);  // by int8 codes
        before = std::max(before, now);
    }
    part->search(
        vectors[7], walk_of(100), 20, [](uint32_t) { return false; }, rows);
    CHECK(rows.empty());
    part->search(vectors[7], walk_of(5000), 5000, any_row, rows);
    CHECK(std::set<uint32_t>(rows.begin(), rows.end()).size() == 2000);
}

TEST_CASE("a part of some rows of its range answers with those") {
    const Vectors vectors = clustered(1000, 16, 10, 1);
    std::vector<uint32_t> thirds;
    for (uint32_t row = 0; row < 1000; row += 3) thirds.push_back(row);
    const PartOptions options = of_layout(GENERATE(GraphLayout::fast, GraphLayout::compact));
    const auto part = Part::build(
        16, Metric::cosine, {0, 1000}, thirds, [&](uint32_t row) { return vectors[row]; }, options);
    CHECK(part->nodes() == thirds.size());
    CHECK(part->range().count() == 1000);
    auto rows = search(*part, vectors[0], 1000, 1000);
    std::sort(rows.begin(), rows.end());
    CHECK(rows == thirds);
}

TEST_CASE("parts of no rows and of one") {
    const Vectors one = clustered(1, 5, 1, 1), none{5, {}};
    for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot}) {
        CHECK(search(*part_of(one, metric, part_options(), 9), one[0], 10, 10) == std::vector<uint32_t>{9});
        const auto empty = part_of(none, metric, part_options());
        REQUIRE(empty);
        CHECK(search(*empty, one[0], 10, 10).empty());
        const auto refined = refine(*empty, none, part_options());
        REQUIRE(refined);
        CHECK(search(*refined, one[0], 10, 10).empty());
    }
}

TEST_CASE("zeros, equal vectors and outliers are found with the rest") {
    Vectors vectors = clustered(1500, 16, 10, 1);
    std::fill_n(vectors.values.begin(), 16 * 20, 0.0F);
    for (size_t row = 20; row < 500; ++row) std::copy_n(vectors[600], 16, &vectors.values[row * 16]);
    for (size_t i = 0; i < 16; ++i) vectors.values[1400 * 16 + i] *= 1e10F;
    vectors.values[1401 * 16] = 3e38F;
    const PartOptions options = of_layout(GENERATE(GraphLayout::fast, GraphLayout::compact));
    for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot}) {
        const auto part = part_of(vectors, metric, options);
        REQUIRE(part);
        const auto refined = refine(*part, vectors, options);
        for (const paths::Part* each : std::initializer_list<const paths::Part*>{part.get(), refined.get()}) {
            const auto rows = search(*each, vectors[0], 1500, 1500);
            CHECK(std::set<uint32_t>(rows.begin(), rows.end()).size() == 1500);
        }
    }
}

TEST_CASE("a part that is stopped is none") {
    const Vectors vectors = clustered(2000, 16, 10, 1);
    const auto part = part_of(vectors, Metric::cosine, part_options());
    std::stop_source source;
    source.request_stop();
    PartOptions options = part_options();
    options.stop = source.get_token();
    CHECK(part_of(vectors, Metric::cosine, options) == nullptr);
    CHECK(refine(*part, vectors, options) == nullptr);
}

TEST_CASE("a part that was saved and loaded answers alike, and is refined alike") {
    const TemporaryDirectory directory;
    const PartOptions options = of_layout(GENERATE(GraphLayout::fast, GraphLayout::compact));
    for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot}) {
        for (const size_t dimension : {5, 300}) {
            for (const size_t count : {0, 1, 1200}) {
                const Vectors vectors = clustered(count, dimension, 10, 1);
                const Vectors queries = clustered(10, dimension, 10, 2);
                const auto first = part_of(vectors, metric, options, 33);
                const auto refined = refine(*first, vectors, options);
                for (const paths::Part* part :
                     std::initializer_list<const paths::Part*>{first.get(), refined.get()}) {
                    const std::string path = directory.file("part");
                    REQUIRE(part->save(path));
                    HnswParameters parameters = options.parameters;
                    parameters.ef_search = 17;  // no part of what is built
                    const auto loaded = Part::load(path, dimension, metric, parameters);
                    if (!loaded) FAIL(loaded.error().message);
                    CHECK((*loaded)->nodes() == count);
                    CHECK((*loaded)->range().first == 33);
                    CHECK((*loaded)->range().end == 33 + count);
                    CHECK((*loaded)->refined() == part->refined());
                    for (uint32_t i = 0; i < queries.rows(); ++i)
                        CHECK(search(**loaded, queries[i], 50, 20) == search(*part, queries[i], 50, 20));
                    const auto again = refine(**loaded, vectors, options);
                    const auto expected = refine(*part, vectors, options);
                    for (uint32_t i = 0; i < queries.rows(); ++i)
                        CHECK(search(*again, queries[i], 50, 20) == search(*expected, queries[i], 50, 20));
                }
            }
        }
    }
}

// But for what was measured of searches, which takes another time each time.
TEST_CASE("files of parts are the same whatever the threads") {
    const TemporaryDirectory directory;
    const Vectors vectors = clustered(3000, 16, 10, 1);
    const auto layout = GENERATE(GraphLayout::fast, GraphLayout::compact);
    const auto measured_apart = [&](const paths::Part& part) {
        REQUIRE(part.save(directory.file("part")));
        std::string content = read_file(directory.file("part"));
        FileHeader header;
        std::memcpy(&header, content.data(), sizeof header);
        const Layout of_rows{header.coded_dimension, header.degree, header.bits};
        const size_t measured = sizeof header + (16 + header.nodes + header.loose) * sizeof(uint32_t);
        const size_t graph = measured + header.calibration_points * sizeof(paths::CalibrationPoint);
        return content.substr(sizeof header, measured - sizeof header) +
               content.substr(graph, header.nodes * of_rows.row_bytes());
    };
    std::vector<std::string> contents;
    for (const unsigned threads : {1, 2, 3}) {
        const auto part = part_of(vectors, Metric::cosine, of_layout(layout, threads));
        contents.push_back(measured_apart(*part) +
                           measured_apart(*refine(*part, vectors, of_layout(layout, threads))));
    }
    CHECK(contents[0].size() > 3000 * 2 * 64);
    CHECK((contents[0] == contents[1] && contents[0] == contents[2]));
}

TEST_CASE("a compact part finds the same as a fast one, in a fraction of the memory") {
    const Vectors vectors = clustered(3000, 384, 20, 1), queries = clustered(40, 384, 20, 2);
    const auto fast = part_of(vectors, Metric::cosine, of_layout(GraphLayout::fast));
    const auto compact = part_of(vectors, Metric::cosine, of_layout(GraphLayout::compact));
    CHECK(compact->memory_bytes() < fast->memory_bytes() / 5);
    CHECK(recall_at_10(*compact, vectors, Metric::cosine, queries, 100) >=
          recall_at_10(*fast, vectors, Metric::cosine, queries, 100) - 0.02);
}

TEST_CASE("rows are compact where the data are better scanned than walked through") {
    const Vectors vectors = random_points(20'000, 256, 1);
    const auto part = part_of(vectors, Metric::euclidean, part_options());
    CHECK(part->calibration().for_recall(0.9).setting.path == paths::Path::sketch);
    CHECK(part->layout() == "compact");
    CHECK(part_of(clustered(20'000, 8, 50, 1), Metric::euclidean, part_options())->layout() == "fast");
    const TemporaryDirectory directory;
    REQUIRE(part->save(directory.file("part")));
    const auto loaded = Part::load(directory.file("part"), 256, Metric::euclidean, part_options().parameters);
    REQUIRE(loaded);
    CHECK((*loaded)->layout() == "compact");
}

TEST_CASE("rows have codes of fewer components where these have nearly all of the differences") {
    const Vectors vectors = flat_points(20'000, 128, 24, 1), queries = flat_points(50, 128, 24, 2);
    const auto options = part_options();
    const auto part = part_of(vectors, Metric::euclidean, options);
    CHECK(part->layout() == "projected");
    CHECK(part->memory_bytes() < 20'000 * (128 * 2 / 8 * 32));
    const auto refined = refine(*part, vectors, options);
    CHECK(refined->layout() == "projected");
    CHECK(recall_at_10(*refined, vectors, Metric::euclidean, queries, 100) > 0.95);

    const TemporaryDirectory directory;
    REQUIRE(part->save(directory.file("part")));
    const std::string content = read_file(directory.file("part"));
    const auto loaded = Part::load(directory.file("part"), 128, Metric::euclidean, options.parameters);
    REQUIRE(loaded);
    CHECK((*loaded)->layout() == "projected");
    CHECK(recall_at_10(**loaded, vectors, Metric::euclidean, queries, 100) ==
          recall_at_10(*part, vectors, Metric::euclidean, queries, 100));

    FileHeader header;
    std::memcpy(&header, content.data(), sizeof header);
    CHECK(header.kept == 32);
    const auto corrupt = [&](std::string& changed) {
        renew_checksum(changed);
        write_file(directory.file("damaged"), changed);
        const auto damaged =
            Part::load(directory.file("damaged"), 128, Metric::euclidean, options.parameters);
        return !damaged && damaged.error().code == ErrorCode::corrupt;
    };
    for (const uint32_t kept : {0U, 28U, 36U, 128U, 0xffff'fffcU}) {
        FileHeader other = header;
        other.kept = kept;
        std::string changed = content;
        std::memcpy(changed.data(), &other, sizeof other);
        CHECK(corrupt(changed));
    }
    const size_t basis = sizeof header + (128 + header.nodes + header.loose) * sizeof(uint32_t) +
                         header.calibration_points * sizeof(paths::CalibrationPoint);
    for (const float scale : {-1.0F, 2.0F, std::nanf("")}) {
        std::string changed = content;
        std::memcpy(&changed[basis], &scale, sizeof scale);
        CHECK(corrupt(changed));
    }
}

TEST_CASE("a part that can't be written says why") {
    const auto part = part_of(clustered(10, 4, 1, 1), Metric::cosine, part_options());
    const auto saved = part->save("/nonexistent/part");
    REQUIRE_FALSE(saved);
    CHECK_THAT(saved.error().message, Catch::Contains("/nonexistent/part"));
}
