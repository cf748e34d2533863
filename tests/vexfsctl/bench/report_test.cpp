// SPDX-License-Identifier: Apache-2.0
// Results, their comparison, and what reports make of them.
#include "vexfsctl/bench/report.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>

#include "tests/engine/temporary_directory.h"
#include "vexfsctl/bench/claims.h"
#include "vexfsctl/bench/compare.h"
#include "vexfsctl/bench/plot.h"

using namespace vexfs;
using namespace vexfs::ctl;
using Catch::Contains;
using json = nlohmann::ordered_json;

namespace {

json result_of(double insert, double queries, double recall) {
    return {
        {"kind", "run"},
        {"vexfs", "2.0.0"},
        {"began", "2026-01-01T00:00:00Z"},
        {"machine", {{"cpu", "A <fast> one"}, {"cpus", 4}}},
        {"through", "daemon"},
        {"cases",
         {{{"name", "hnsw 1000"},
           {"algorithm", "hnsw"},
           {"rows", 1000},
           {"dimension", 8},
           {"insert",
            {{{"batch_size", 100},
              {"rows", 1000},
              {"vectors_per_second", insert},
              {"repeats", {insert * 0.98, insert, insert * 1.02}}}}},
           {"index",
            {{"seconds_after_insert", 0.5},
             {"memory_bytes", 80000},
             {"bytes_per_vector", 80.0},
             {"disk_bytes", 40000}}},
           {"search",
            {{{"limit", 10},
              {"path", "graph"},
              {"recall", recall},
              {"queries_per_second", queries},
              {"mean_us", 500.0},
              {"p50_us", 400.0},
              {"p95_us", 700.0},
              {"p99_us", 900.0},
              {"quantiles_us", {{0, 300}, {0.5, 400}, {1, 1000}}},
              {"repeats",
               {{"queries_per_second", {queries * 0.9, queries, queries * 1.1}},
                {"p50_us", {390, 400, 410}},
                {"p99_us", {850, 900, 950}}}}}}},
           {"curve", {{{"ef_search", 10}, {"recall", 0.8}, {"queries_per_second", 3000}, {"p99_us", 600}}}},
           {"cache", {{"hit_rate", 1.0}, {"p50_us", 60.0}}}}}}};
}

Trend trend_of(const json& before, const json& after, const std::string& what) {
    for (const Compared& one : compare(before, after))
        if (one.before.what == what) return one.trend;
    FAIL("there is no figure " << what);
    return Trend::same;
}

}  // namespace

TEST_CASE("a change counts beyond the noise of the repeats, in the direction that is better") {
    const json before = result_of(1000, 2000, 0.95);
    CHECK(trend_of(before, result_of(1000, 2000, 0.95), "insert, batches of 100") == Trend::same);
    CHECK(trend_of(before, result_of(1100, 2000, 0.95), "insert, batches of 100") == Trend::better);
    CHECK(trend_of(before, result_of(900, 2000, 0.95), "insert, batches of 100") == Trend::worse);
    // Apart, but by less than a twentieth.
    CHECK(trend_of(before, result_of(1045, 2000, 0.95), "insert, batches of 100") == Trend::same);
    // By more, but their ranges overlap.
    CHECK(trend_of(before, result_of(1000, 1700, 0.95), "search, 10 nearest") == Trend::same);
    CHECK(trend_of(before, result_of(1000, 1500, 0.95), "search, 10 nearest") == Trend::worse);
    CHECK(trend_of(before, result_of(1000, 2000, 0.94), "search, 10 nearest, recall") == Trend::worse);
    CHECK(trend_of(before, result_of(1000, 2000, 0.947), "search, 10 nearest, recall") == Trend::same);
}

TEST_CASE("claims stand beside what was measured, held or not") {
    for (const Claim& claim : claims_beside(result_of(60'000, 2000, 0.95))) {
        if (claim.what == "FUSE: insert")
            CHECK((claim.held && claim.measured == "60k vectors/s (hnsw 1000)"));
        if (claim.what == "balanced: insert") CHECK_FALSE(claim.held);
        if (claim.what == "balanced: search of 10") CHECK(claim.held);
        if (claim.what == "high recall LSH: recall") CHECK(claim.measured.empty());
    }
}

TEST_CASE("Markdown has a table for each part, and a comparison where there are two results") {
    const std::string one = to_markdown(result_of(1000, 2000, 0.95), nullptr);
    CHECK_THAT(one,
               Contains("## Searches") &&
                   Contains("| hnsw 1000 | 10 | 2000 | 0.500 | 0.400 | 0.700 | 0.900 | 0.9500 | graph |"));
    CHECK_THAT(one, !Contains("## Comparison"));
    const std::string two = to_markdown(result_of(1000, 2000, 0.95), result_of(500, 2000, 0.95));
    CHECK_THAT(
        two,
        Contains("1 of ") &&
            Contains(
                "| hnsw 1000 | insert, batches of 100 | 1k vectors/s | 500 vectors/s | -50.0 % | worse |"));
}

TEST_CASE("the page asks for nothing else, and is light and dark") {
    const std::string page = to_html(result_of(1000, 2000, 0.95), result_of(500, 2000, 0.95));
    CHECK_THAT(page,
               Contains("prefers-color-scheme: dark") && Contains("<svg") && Contains("class=\"bad\">worse"));
    CHECK_THAT(page, Contains("A &lt;fast&gt; one") && !Contains("<fast>"));
    CHECK_THAT(page, !Contains("http://") && !Contains("https://") && !Contains("src=") && !Contains("url("));
}

TEST_CASE("a plot is marked from below its least to above its greatest") {
    CHECK(ticks(0.81, 0.99, false).front() <= 0.81);
    CHECK(ticks(0.81, 0.99, false).back() >= 0.99);
    CHECK(ticks(3, 4000, true) == std::vector<double>{1, 10, 100, 1000, 10000});
    CHECK(ticks(0.3, 2.5, true) == std::vector<double>{0.2, 0.5, 1, 2, 5});
    CHECK(ticks(5, 5, false).size() >= 2);
    CHECK(ticks(10, 10, true).size() == 2);
    CHECK(short_number(1234) == "1.234k");
    CHECK(short_number(0.5) == "0.5");
}

TEST_CASE("a plot leaves out what a logarithm doesn't take") {
    const Plot plot{"a & b", "x", "y", true, true, {{"one", {{0, 5}, {10, 5}, {100, -1}}}}};
    const std::string svg = to_svg(plot);
    CHECK_THAT(svg, Contains("a &amp; b"));
    CHECK_THAT(svg, !Contains("nan") && !Contains("inf"));
}

TEST_CASE("a file that is no result is refused") {
    const vexfs::test::TemporaryDirectory directory;
    const auto refused = [&](const std::string& text) {
        const std::string path = directory / "result.json";
        std::ofstream(path) << text;
        return read_result(path).error().message;
    };
    CHECK_THAT(refused("nonsense"), Contains("is no result of a benchmark"));
    CHECK_THAT(refused("{}"), Contains("cases"));
    CHECK_THAT(refused("{\"cases\":[]}"), Contains("it has no cases"));
    CHECK_THAT(refused("{\"cases\":[{\"name\":7}]}"), Contains("is no result"));
    CHECK(read_result(directory / "absent.json").error().code == ErrorCode::not_found);
    std::ofstream(directory / "right.json") << result_of(1, 1, 1).dump();
    CHECK(read_result(directory / "right.json"));
}
