// SPDX-License-Identifier: Apache-2.0
// The files of an index: written once for each part, and read again.
#include <catch2/catch.hpp>
#include <fstream>

#include "engine/graph/part.h"
#include "parts_data.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

// Names one file after the other.
struct Names {
    std::string operator()() { return "part-" + std::to_string(++made); }
    size_t made = 0;
};

}  // namespace

TEST_CASE("an index that was saved and opened answers alike and goes on") {
    Rows rows(clustered(3000, 16, 10, 1));
    const TemporaryDirectory directory;
    auto index = empty_index(rows);
    rows.append(2000);
    settle(*index, rows.table);
    Names names;
    const auto files = index->save(posix_disk(), directory.file(""), std::ref(names), false);
    REQUIRE(files);
    REQUIRE(files->size() == 1);
    CHECK(files->front() == ManifestIndex{"part-1", 0, 2000});
    CHECK(index->unsaved_rows() == 0);
    CHECK(index->save(posix_disk(), directory.file(""), std::ref(names), false).value() == *files);
    CHECK(names.made == 1);  // what is written stays

    std::string problem;
    const auto opened = open_index(posix_disk(), schema_of(rows), directory.file(""), *files, 2000, problem);
    REQUIRE(opened);
    CHECK(problem.empty());
    CHECK(opened->indexed() == 2000);
    CHECK(opened->settled());
    CHECK(opened->unsaved_rows() == 0);
    for (uint32_t row = 0; row < 2000; row += 97) {
        const auto before = rows.search(*index, rows.vectors[row], 10, 50);
        const auto after = rows.search(*opened, rows.vectors[row], 10, 50);
        REQUIRE(before.size() == after.size());
        for (size_t i = 0; i < before.size(); ++i) CHECK(before[i].row == after[i].row);
    }
    rows.append(1000);
    CHECK(settle(*opened, rows.table) < 10);
    CHECK(opened->indexed() == 3000);
    CHECK(opened->unsaved_rows() == 3000);
}

TEST_CASE("saving that fails leaves the index usable, and can be tried again") {
    Rows rows(clustered(2000, 16, 10, 1));
    const auto index = empty_index(rows);
    rows.append(2000);
    settle(*index, rows.table);
    Names names;
    {
        const TemporaryDirectory gone;
        std::filesystem::remove_all(gone.file(""));
        const auto files = index->save(posix_disk(), gone.file(""), std::ref(names), false);
        REQUIRE_FALSE(files);
        CHECK_FALSE(files.error().message.empty());
    }
    CHECK(index->unsaved_rows() == 2000);
    CHECK(rows.search(*index, rows.vectors[7], 1, 50).at(0).row == 7);
    const TemporaryDirectory directory;
    REQUIRE(index->save(posix_disk(), directory.file(""), std::ref(names), false));
    CHECK(index->unsaved_rows() == 0);
}

TEST_CASE("parts that can't be used are built again from there, and the problem is told") {
    Rows rows(clustered(3000, 16, 10, 1));
    rows.append(3000);
    const TemporaryDirectory directory;
    const auto save_part = [&](const std::string& name, uint32_t first, uint32_t end) {
        std::vector<uint32_t> numbers;
        for (uint32_t row = first; row < end; ++row) numbers.push_back(row);
        graph::PartOptions options;
        options.parameters = quick_parameters();
        const auto part = graph::Part::build(
            16, simd::Metric::euclidean, {first, end}, numbers,
            [&](uint32_t row) { return rows.vectors[row]; }, options);
        REQUIRE(part->save(directory.file(name)));
    };
    save_part("a", 0, 1200);
    save_part("b", 1200, 2000);
    save_part("gap", 1300, 2000);
    std::ofstream(directory.file("broken")) << "not a part, though long enough for a checksum";
    struct Case {
        std::vector<ManifestIndex> files;
        uint32_t rows, indexed;
        std::string problem;
    };
    const std::vector<Case> cases = {
        {{}, 3000, 0, ""},
        {{{"a", 0, 1200}, {"b", 1200, 2000}}, 3000, 2000, ""},
        {{{"a", 0, 1200}, {"b", 1200, 2000}}, 2000, 2000, ""},
        {{{"a", 0, 1200}, {"b", 1200, 2000}}, 1999, 1200, "b is not of rows 1200 to 2000"},
        {{{"a", 0, 1200}, {"gap", 1300, 2000}}, 3000, 1200, "gap is not of rows"},
        {{{"a", 0, 1200}, {"gap", 1200, 2000}}, 3000, 1200, "gap is not of rows"},
        {{{"b", 1200, 2000}}, 3000, 0, "b is not of rows"},
        {{{"broken", 0, 1200}, {"b", 1200, 2000}}, 3000, 0, "broken is damaged"},
        {{{"a", 0, 1200}, {"missing", 1200, 2000}}, 3000, 1200, "missing"},
    };
    for (const Case& one : cases) {
        std::string problem;
        const auto index =
            open_index(posix_disk(), schema_of(rows), directory.file(""), one.files, one.rows, problem);
        REQUIRE(index);
        INFO("files: " << one.files.size() << ", problem: " << problem);
        CHECK(index->indexed() == one.indexed);
        CHECK(problem.empty() == one.problem.empty());
        CHECK_THAT(problem, Catch::Contains(one.problem));
        CHECK(settle(*index, rows.table) < 10);
        CHECK(index->indexed() == 3000);
        CHECK(rows.search(*index, rows.vectors[7], 1, 50).at(0).row == 7);
    }
}

TEST_CASE("the schema decides the index") {
    Rows rows(clustered(10, 16, 10, 1));
    std::string problem;
    Schema schema = schema_of(rows);
    for (const auto metric :
         {simd::Metric::cosine, simd::Metric::euclidean, simd::Metric::dot, simd::Metric::manhattan}) {
        schema.metric = metric;
        const auto index = open_index(posix_disk(), schema, "/nonexistent", {}, 0, problem);
        REQUIRE(index);
        // Manhattan distance has no codes.
        CHECK((dynamic_cast<PartIndex*>(index.get()) == nullptr) == (metric == simd::Metric::manhattan));
    }
    schema.algorithm = Algorithm::flat;
    CHECK(open_index(posix_disk(), schema, "/nonexistent", {}, 0, problem) == nullptr);
    CHECK(problem.empty());
}
