// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/watch/prometheus.h"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "vexfsd/watch/metrics.h"

using namespace vexfs;
using Catch::Contains;

namespace {

constexpr auto all = [](const std::string&) { return true; };

Snapshot with_a_collection(const std::string& name) {
    Snapshot snapshot;
    CollectionFigures figures;
    figures.name = name;
    figures.queries = 3;
    figures.promised_recall = .95;
    Histogram times;
    for (const uint64_t us : {15, 16, 1000}) times.record(us);
    figures.request_us = times.counts();
    snapshot.collections.push_back(figures);
    return snapshot;
}

}  // namespace

TEST_CASE("metrics have a help, a type, and a line for each collection") {
    const std::string text = to_prometheus(with_a_collection("docs"), all);
    CHECK_THAT(text, Contains("# HELP vexfs_collection_queries_total Queries answered.\n"
                              "# TYPE vexfs_collection_queries_total counter\n"
                              "vexfs_collection_queries_total{collection=\"docs\"} 3\n"));
    CHECK_THAT(text, Contains("# TYPE vexfs_collections gauge\nvexfs_collections 1\n"));
}

TEST_CASE("what is not known is left out") {
    const std::string text = to_prometheus(with_a_collection("docs"), all);
    CHECK_THAT(text, !Contains("observed_recall"));
    CHECK_THAT(text, !Contains("vexfs_data_disk"));
    CHECK_THAT(text, Contains("vexfs_collection_promised_recall_ratio{collection=\"docs\"} 0.95\n"));
}

TEST_CASE("a histogram counts what is below the end of each bucket, in seconds") {
    const std::string text = to_prometheus(with_a_collection("docs"), all);
    const std::string name = "vexfs_collection_search_duration_seconds";
    CHECK_THAT(text, Contains(name + "_bucket{collection=\"docs\",le=\"1.6e-05\"} 1\n"));
    CHECK_THAT(text, Contains(name + "_bucket{collection=\"docs\",le=\"3.2e-05\"} 2\n"));
    CHECK_THAT(text, Contains(name + "_bucket{collection=\"docs\",le=\"0.001024\"} 3\n"));
    CHECK_THAT(text, Contains(name + "_bucket{collection=\"docs\",le=\"+Inf\"} 3\n"));
    CHECK_THAT(text, Contains(name + "_sum{collection=\"docs\"} 0.001031\n"));
    CHECK_THAT(text, Contains(name + "_count{collection=\"docs\"} 3\n"));
}

TEST_CASE("names of collections are quoted, and those left out that may not be told of") {
    CHECK_THAT(to_prometheus(with_a_collection("a\"b\\c\n"), all),
               Contains("{collection=\"a\\\"b\\\\c\\n\"} 3\n"));
    CHECK_THAT(to_prometheus(with_a_collection("docs"), [](const std::string&) { return false; }),
               !Contains("docs"));
}

TEST_CASE("no two metrics have one name") {
    std::set<std::string_view> names;
    for (const auto& metric : daemon_metrics()) CHECK(names.insert(metric.name).second);
    for (const auto& metric : collection_metrics()) CHECK(names.insert(metric.name).second);
    for (const auto& metric : histogram_metrics()) CHECK(names.insert(metric.name).second);
}
