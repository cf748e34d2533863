// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/watch/alerts.h"

#include <fmt/format.h>

#include <algorithm>

#include "vexfsd/watch/metrics.h"

namespace vexfs {
namespace {

bool holds(const AlertRule& rule, double value) {
    return rule.above ? value > rule.threshold : value < rule.threshold;
}

bool is_back(const AlertRule& rule, double value) {
    return rule.above ? value <= rule.threshold - rule.hysteresis : value >= rule.threshold + rule.hysteresis;
}

}  // namespace

std::string AlertEvent::text() const {
    const std::string of = collection.empty() ? "" : fmt::format(" of collection {}", collection);
    if (!value)
        return fmt::format("alert {}{} {}: {} is not known any more", rule.name, of,
                           raised ? "raised" : "cleared", rule.metric);
    return fmt::format("alert {}{} {}: {} is {:.4g}, the threshold {:.4g}{}{}", rule.name, of,
                       raised ? "raised" : "cleared", rule.metric, *value, rule.threshold,
                       rule.description.empty() ? "" : "; ", rule.description);
}

void Alerts::look(const AlertRule& rule, const std::string& collection, std::optional<double> value,
                  Snapshot& snapshot, Clock::time_point now, std::vector<AlertEvent>& events) {
    State& state = states_[{rule.name, collection}];
    state.round = round_;
    state.rule = rule;
    if (state.raised) {
        if (!value || is_back(rule, *value)) {
            state.raised = false;
            state.holds_since.reset();
            state.cleared_at = now;
            events.push_back({false, rule, collection, value, state.raised_ms});
        }
    } else if (!value || !holds(rule, *value)) {
        state.holds_since.reset();
    } else {
        if (!state.holds_since) state.holds_since = now;
        const bool long_enough = now - *state.holds_since >= std::chrono::seconds(rule.duration_s);
        const bool cooled =
            !state.cleared_at || now - *state.cleared_at >= std::chrono::seconds(rule.cooldown_s);
        if (long_enough && cooled) {
            state.raised = true;
            state.raised_ms = snapshot.time_ms;
            events.push_back({true, rule, collection, value, state.raised_ms});
        }
    }
    if (state.raised) {
        snapshot.alerts.push_back(
            {collection.empty() ? rule.name : fmt::format("{} {}", rule.name, collection), rule.name,
             rule.severity, collection, *value, rule.threshold, state.raised_ms});
    }
}

void Alerts::keep(const std::vector<KeptAlert>& raised) {
    for (const KeptAlert& alert : raised) {
        State& state = states_[{alert.rule.name, alert.collection}];
        state.raised = true;
        state.raised_ms = alert.raised_ms;
        state.rule = alert.rule;
    }
}

std::vector<AlertEvent> Alerts::evaluate(Snapshot& snapshot, Clock::time_point now) {
    ++round_;
    std::vector<AlertEvent> events;
    for (const AlertRule& rule : rules_) {
        for (const auto& metric : daemon_metrics()) {
            if (metric.name == rule.metric) look(rule, "", metric.value(snapshot), snapshot, now, events);
        }
        for (const auto& metric : collection_metrics()) {
            if (metric.name != rule.metric) continue;
            for (const CollectionFigures& figures : snapshot.collections)
                look(rule, figures.name, metric.value(figures), snapshot, now, events);
        }
    }
    // The rule or the collection has gone.
    std::erase_if(states_, [&](const auto& entry) {
        const State& state = entry.second;
        if (state.round == round_) return false;
        if (state.raised)
            events.push_back({false, state.rule, entry.first.second, std::nullopt, state.raised_ms});
        return true;
    });
    return events;
}

}  // namespace vexfs
