// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/config/alert_rules.h"

#include "tests/vexfsd/config/config_files.h"

using namespace vexfs;
using namespace vexfs::test;
using Catch::Contains;

namespace {

constexpr const char* whole = R"(description = "little room"
metric = "vexfs_data_disk_free_ratio"
condition = "below"
threshold = 0.1
hysteresis = 0.02
duration_s = 60
cooldown_s = 600
severity = "critical"
)";

std::string problem_of(const std::string& text) {
    const ConfigFiles files;
    files.write("alerts/disk.toml", text);
    const AlertCatalog catalog = AlertCatalog::load({files.path("alerts")});
    CHECK(catalog.rules.empty());
    REQUIRE_FALSE(catalog.problems.empty());
    return catalog.problems.front().text();
}

}  // namespace

TEST_CASE("a rule is read from its file, whose name is its own") {
    const ConfigFiles files;
    files.write("alerts/disk.toml", whole);
    const AlertCatalog catalog = AlertCatalog::load({files.path("alerts"), files.path("absent")});
    CHECK(catalog.problems.empty());
    REQUIRE(catalog.rules.size() == 1);
    const AlertRule& rule = catalog.rules.front();
    CHECK(rule.name == "disk");
    CHECK(rule.description == "little room");
    CHECK_FALSE(rule.above);
    CHECK(rule.threshold == 0.1);
    CHECK(rule.hysteresis == 0.02);
    CHECK(rule.duration_s == 60);
    CHECK(rule.cooldown_s == 600);
    CHECK(rule.severity == "critical");
}

TEST_CASE("a file of a later directory takes a rule's place, or takes it away") {
    const ConfigFiles files;
    files.write("usr/a.toml", whole);
    files.write("usr/b.toml", whole);
    files.write("etc/a.toml", "enabled = false\n");
    files.write("etc/b.toml", "metric = \"vexfs_clients\"\ncondition = \"above\"\nthreshold = 7\n");
    const AlertCatalog catalog = AlertCatalog::load({files.path("usr"), files.path("etc")});
    CHECK(catalog.problems.empty());
    REQUIRE(catalog.rules.size() == 1);
    CHECK(catalog.rules.front().metric == "vexfs_clients");
    CHECK(catalog.rules.front().threshold == 7);
}

TEST_CASE("what is wrong with a rule is said with its place") {
    CHECK_THAT(problem_of("metric = \"vexfs_client\"\ncondition = \"above\"\nthreshold = 7\n"),
               Contains(":1:10: there is no metric vexfs_client (did you mean \"vexfs_clients\"?)"));
    CHECK_THAT(problem_of("metric = \"vexfs_clients\"\ncondition = \"over\"\nthreshold = 7\n"),
               Contains(":2:13: condition is \"over\", not one of above, below"));
    CHECK_THAT(problem_of("metric = \"vexfs_clients\"\ncondition = \"above\"\n"),
               Contains("the rule has no threshold"));
    CHECK_THAT(problem_of("metric = \"vexfs_clients\"\ncondition = \"above\"\nthreshold = \"7\"\n"),
               Contains("threshold takes a number"));
    CHECK_THAT(problem_of("metric = \"vexfs_clients\"\ncondition = \"above\"\nthreshold = inf\n"),
               Contains("threshold takes a number"));
    CHECK_THAT(problem_of(std::string(whole) + "durations = 7\n"), Contains("did you mean \"duration_s\"?"));
    CHECK_THAT(
        problem_of("metric = \"vexfs_clients\"\ncondition = \"above\"\nthreshold = 7\nduration_s = -1\n"),
        Contains("duration_s takes an integer"));
    CHECK_THAT(
        problem_of("metric = \"vexfs_clients\"\ncondition = \"above\"\nthreshold = 7\nhysteresis = -1\n"),
        Contains("hysteresis is negative"));
    CHECK_THAT(problem_of("metric = "), Contains(":1:"));
}
