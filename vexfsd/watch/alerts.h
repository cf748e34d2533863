// SPDX-License-Identifier: Apache-2.0
// Raises alerts where a metric has been beyond its threshold for long enough, and clears them.
//
// A rule on a metric of collections watches each of them by itself. It is raised once its condition has held
// for duration_s, and cleared once the value is back by hysteresis, or isn't known any more. For cooldown_s
// after that it is not raised again.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vexfsd/watch/snapshot.h"

namespace vexfs {

struct AlertRule {
    std::string name, description;
    std::string metric;  // of metrics.h
    bool above = true;   // else below
    double threshold = 0;
    double hysteresis = 0;  // not negative
    uint64_t duration_s = 0, cooldown_s = 0;
    std::string severity = "warning";  // or info, critical
};

struct AlertEvent {
    bool raised = false;  // else cleared
    AlertRule rule;
    std::string collection;  // empty where it is of the daemon
    std::optional<double> value;
    int64_t raised_ms = 0;     // since the epoch
    std::string text() const;  // for the log
};

// One that was raised before the daemon was started.
struct KeptAlert {
    AlertRule rule;  // its name, metric and severity
    std::string collection;
    int64_t raised_ms = 0;
};

// Not thread-safe.
class Alerts {
  public:
    using Clock = std::chrono::steady_clock;

    void set_rules(std::vector<AlertRule> rules) { rules_ = std::move(rules); }
    const std::vector<AlertRule>& rules() const { return rules_; }
    // They stay raised until it shows that they are not.
    void keep(const std::vector<KeptAlert>& raised);
    // What the snapshot changes, and puts into it what is raised.
    std::vector<AlertEvent> evaluate(Snapshot& snapshot, Clock::time_point now);

  private:
    struct State {
        std::optional<Clock::time_point> holds_since, cleared_at;
        bool raised = false;
        int64_t raised_ms = 0;
        uint64_t round = 0;  // of evaluate(), when it was last looked at
        AlertRule rule;      // as of then
    };
    using Key = std::pair<std::string, std::string>;  // rule, collection

    void look(const AlertRule& rule, const std::string& collection, std::optional<double> value,
              Snapshot& snapshot, Clock::time_point now, std::vector<AlertEvent>& events);

    std::vector<AlertRule> rules_;
    std::map<Key, State> states_;
    uint64_t round_ = 0;
};

}  // namespace vexfs
