// SPDX-License-Identifier: Apache-2.0
// When an alert is raised, and when cleared.
#include "vexfsd/watch/alerts.h"

#include <catch2/catch.hpp>

using namespace vexfs;
using Catch::Contains;

namespace {

using Changes = std::vector<std::string>;

AlertRule backlog_rule() {
    AlertRule rule;
    rule.name = "backlog";
    rule.metric = "vexfs_collection_backlog_ratio";
    rule.threshold = 0.8;
    rule.hysteresis = 0.2;
    rule.duration_s = 10;
    rule.cooldown_s = 60;
    return rule;
}

// A daemon whose seconds pass as the test says.
class Seconds {
  public:
    explicit Seconds(std::vector<AlertRule> rules) { alerts.set_rules(std::move(rules)); }

    // What changes in so many seconds of this backlog, of "docs".
    Changes pass(uint64_t seconds, double backlog_ratio) {
        Changes changes;
        for (uint64_t i = 0; i < seconds; ++i) {
            now += std::chrono::seconds(1);
            snapshot = {};
            CollectionFigures figures;
            figures.name = "docs";
            figures.backlog_ratio = backlog_ratio;
            snapshot.collections.push_back(figures);
            add(changes);
        }
        return changes;
    }
    Changes pass_without_collections() {
        Changes changes;
        snapshot = {};
        add(changes);
        return changes;
    }

    Alerts alerts;
    Snapshot snapshot;

  private:
    void add(Changes& changes) {
        for (const AlertEvent& event : alerts.evaluate(snapshot, now))
            changes.push_back((event.raised ? "+" : "-") + event.rule.name + " " + event.collection);
    }
    Alerts::Clock::time_point now{std::chrono::hours(1)};
};

}  // namespace

TEST_CASE("an alert is raised when its condition has held for its duration, and once") {
    Seconds daemon({backlog_rule()});
    CHECK(daemon.pass(10, 0.9).empty());
    CHECK(daemon.snapshot.alerts.empty());
    CHECK(daemon.pass(1, 0.9) == Changes{"+backlog docs"});
    REQUIRE(daemon.snapshot.alerts.size() == 1);
    CHECK(daemon.snapshot.alerts[0].name == "backlog docs");
    CHECK(daemon.snapshot.alerts[0].value == 0.9);
    CHECK(daemon.pass(100, 0.9).empty());
    CHECK(daemon.snapshot.alerts.size() == 1);
}

TEST_CASE("a condition that holds with breaks raises nothing") {
    Seconds daemon({backlog_rule()});
    for (int i = 0; i < 5; ++i) {
        CHECK(daemon.pass(9, 0.9).empty());
        CHECK(daemon.pass(1, 0.7).empty());
    }
}

TEST_CASE("an alert is cleared when the value is back by the hysteresis") {
    Seconds daemon({backlog_rule()});
    CHECK(daemon.pass(11, 0.9).size() == 1);
    CHECK(daemon.pass(20, 0.7).empty());
    CHECK(daemon.snapshot.alerts.size() == 1);
    CHECK(daemon.pass(1, 0.5) == Changes{"-backlog docs"});
    CHECK(daemon.snapshot.alerts.empty());
}

TEST_CASE("an alert that was cleared is not raised again before its cooldown has passed") {
    Seconds daemon({backlog_rule()});
    daemon.pass(11, 0.9);
    daemon.pass(1, 0);
    CHECK(daemon.pass(59, 0.9).empty());
    CHECK(daemon.pass(1, 0.9) == Changes{"+backlog docs"});
}

TEST_CASE("what is deleted, and a rule that is taken away, are cleared") {
    Seconds daemon({backlog_rule()});
    daemon.pass(11, 0.9);
    CHECK(daemon.pass_without_collections() == Changes{"-backlog docs"});
    CHECK(daemon.pass_without_collections().empty());
    daemon.pass(11, 0.9);
    daemon.alerts.set_rules({});
    CHECK(daemon.pass(1, 0.9) == Changes{"-backlog docs"});
}

TEST_CASE("one that was raised before a restart stays so, and is cleared as others are") {
    Seconds daemon({backlog_rule()});
    daemon.alerts.keep({{backlog_rule(), "docs", 1234}});
    CHECK(daemon.pass(5, 0.7).empty());
    REQUIRE(daemon.snapshot.alerts.size() == 1);
    CHECK(daemon.snapshot.alerts[0].raised_ms == 1234);
    CHECK(daemon.pass(1, 0.1) == Changes{"-backlog docs"});
    // Its rule or collection has gone meanwhile.
    daemon.alerts.keep({{backlog_rule(), "gone", 1234}});
    CHECK(daemon.pass(1, 0.1) == Changes{"-backlog gone"});
}

TEST_CASE("a value that is not known raises nothing, and clears") {
    AlertRule rule;
    rule.name = "disk";
    rule.metric = "vexfs_data_disk_free_ratio";
    rule.above = false;
    rule.threshold = 0.1;
    Alerts alerts;
    alerts.set_rules({rule});
    Snapshot snapshot;
    Alerts::Clock::time_point now{std::chrono::hours(1)};
    CHECK(alerts.evaluate(snapshot, now).empty());
    snapshot.host.disk_bytes = 1000;
    snapshot.host.disk_free_bytes = 50;
    const auto raised = alerts.evaluate(snapshot, now);
    REQUIRE(raised.size() == 1);
    CHECK(raised[0].text() == "alert disk raised: vexfs_data_disk_free_ratio is 0.05, the threshold 0.1");
    snapshot.host.disk_free_bytes.reset();
    const auto cleared = alerts.evaluate(snapshot, now);
    REQUIRE(cleared.size() == 1);
    CHECK_THAT(cleared[0].text(), Contains("cleared") && Contains("not known any more"));
}
