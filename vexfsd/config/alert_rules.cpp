// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/config/alert_rules.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "vexfsd/base/nearest.h"
#include "vexfsd/config/directories.h"
#include "vexfsd/config/toml_file.h"
#include "vexfsd/watch/metrics.h"

namespace vexfs {
namespace {

constexpr std::array<std::string_view, 9> known_keys{"description", "metric",     "condition",
                                                     "threshold",   "hysteresis", "duration_s",
                                                     "cooldown_s",  "severity",   "enabled"};
constexpr int64_t seconds_max = 7 * 86'400;

std::vector<std::string> metric_names() {
    std::vector<std::string> names;
    for (const auto& metric : daemon_metrics()) names.emplace_back(metric.name);
    for (const auto& metric : collection_metrics()) names.emplace_back(metric.name);
    return names;
}

// Reads one rule's file; every mistake in it goes to `problems`.
class RuleReader {
  public:
    RuleReader(std::string file, std::vector<ConfigProblem>& problems)
        : file_(std::move(file)), problems_(problems) {}

    std::optional<AlertRule> read(const std::string& name, const toml::table& table) {
        const size_t problems_before = problems_.size();
        for (const auto& [key, node] : table) {
            if (std::ranges::find(known_keys, key.str()) == known_keys.end())
                add(key.source(), fmt::format("a rule has no key {}", key.str()),
                    did_you_mean(key.str(), known_keys));
        }
        AlertRule rule;
        rule.name = name;
        bool enabled = true;
        if (const toml::node* node = table.get("enabled")) {
            if (const auto* given = node->as_boolean()) {
                enabled = given->get();
            } else {
                add(node->source(), "enabled takes true or false");
            }
        }
        if (!enabled && problems_.size() == problems_before) return std::nullopt;
        text(table, "description", rule.description);
        text(table, "metric", rule.metric);
        std::string condition;
        text(table, "condition", condition);
        text(table, "severity", rule.severity);
        number(table, "threshold", rule.threshold);
        number(table, "hysteresis", rule.hysteresis);
        seconds(table, "duration_s", rule.duration_s);
        seconds(table, "cooldown_s", rule.cooldown_s);
        for (const char* const must : {"metric", "condition", "threshold"})
            if (!table.contains(must))
                problems_.push_back({file_, 0, 0, fmt::format("the rule has no {}", must), {}});
        const std::vector<std::string> metrics = metric_names();
        if (table.contains("metric") && std::ranges::find(metrics, rule.metric) == metrics.end())
            add(table.get("metric")->source(), fmt::format("there is no metric {}", rule.metric),
                did_you_mean(rule.metric, metrics));
        one_of(table, "condition", condition, {"above", "below"});
        one_of(table, "severity", rule.severity, {"info", "warning", "critical"});
        if (rule.hysteresis < 0) add(table.get("hysteresis")->source(), "hysteresis is negative");
        rule.above = condition == "above";
        if (problems_.size() != problems_before) return std::nullopt;
        return rule;
    }

  private:
    void add(const toml::source_region& place, std::string message, std::string hint = {}) {
        problems_.push_back(problem_at(file_, place, std::move(message), std::move(hint)));
    }

    void text(const toml::table& table, std::string_view key, std::string& value) {
        const toml::node* const node = table.get(key);
        if (node == nullptr) return;
        if (const auto* given = node->as_string()) {
            value = given->get();
        } else {
            add(node->source(), fmt::format("{} takes a string", key));
        }
    }
    void number(const toml::table& table, std::string_view key, double& value) {
        const toml::node* const node = table.get(key);
        if (node == nullptr) return;
        const auto given = node->value<double>();
        if (given && node->is_number() && std::isfinite(*given)) {
            value = *given;
        } else {
            add(node->source(), fmt::format("{} takes a number", key));
        }
    }
    void seconds(const toml::table& table, std::string_view key, uint64_t& value) {
        const toml::node* const node = table.get(key);
        if (node == nullptr) return;
        const auto* given = node->as_integer();
        if (given != nullptr && given->get() >= 0 && given->get() <= seconds_max) {
            value = static_cast<uint64_t>(given->get());
        } else {
            add(node->source(), fmt::format("{} takes an integer, 0 to {}", key, seconds_max));
        }
    }
    void one_of(const toml::table& table, std::string_view key, const std::string& value,
                std::initializer_list<std::string_view> words) {
        const toml::node* const node = table.get(key);
        if (node == nullptr || !node->is_string() || std::ranges::find(words, value) != words.end()) return;
        add(node->source(), fmt::format("{} is \"{}\", not one of {}", key, value, fmt::join(words, ", ")));
    }

    const std::string file_;
    std::vector<ConfigProblem>& problems_;
};

}  // namespace

std::vector<std::string> AlertCatalog::default_directories() {
    std::vector<std::string> directories = configuration_directories();
    for (std::string& directory : directories) directory += "/alerts";
    return directories;
}

AlertCatalog AlertCatalog::load(const std::vector<std::string>& directories) {
    AlertCatalog catalog;
    for (const auto& [name, file] : toml_files_by_name(directories)) {
        auto table = read_toml(file);
        if (!table) {
            catalog.problems.push_back(table.error());
        } else if (*table) {
            if (auto rule = RuleReader(file, catalog.problems).read(name, **table))
                catalog.rules.push_back(std::move(*rule));
        }
    }
    return catalog;
}

}  // namespace vexfs
