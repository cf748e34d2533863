// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/watch/prometheus.h"

#include <fmt/format.h>

#include <iterator>
#include <vector>

#include "vexfsd/watch/metrics.h"

namespace vexfs {
namespace {

using Text = fmt::memory_buffer;
using Out = std::back_insert_iterator<Text>;

std::string escaped(std::string_view label) {
    std::string out;
    for (const char c : label) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out;
}

void head(Out out, std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(out, "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

std::string_view name_of(MetricKind kind) {
    return kind == MetricKind::counter ? "counter" : "gauge";
}

struct Told {
    std::string label;
    const CollectionFigures* figures;
};

void put_histogram(Out out, const HistogramMetric& metric, const Told& told) {
    const HistogramCounts& counts = metric.counts(*told.figures);
    uint64_t below = 0;
    size_t bucket = 0;
    for (unsigned bit = metric.first_bit; bit <= metric.last_bit; ++bit) {
        const uint64_t end = uint64_t{1} << bit;
        for (; bucket < HistogramCounts::buckets && HistogramCounts::last_of(bucket) < end; ++bucket)
            below += counts.counts[bucket];
        fmt::format_to(out, "{}_bucket{{collection=\"{}\",le=\"{:g}\"}} {}\n", metric.name, told.label,
                       static_cast<double>(end) * metric.unit_s, below);
    }
    const uint64_t all = counts.count();
    fmt::format_to(out, "{}_bucket{{collection=\"{}\",le=\"+Inf\"}} {}\n", metric.name, told.label, all);
    fmt::format_to(out, "{}_sum{{collection=\"{}\"}} {}\n", metric.name, told.label,
                   static_cast<double>(counts.sum) * metric.unit_s);
    fmt::format_to(out, "{}_count{{collection=\"{}\"}} {}\n", metric.name, told.label, all);
}

void put_alerts(Out out, const Snapshot& snapshot, MayTell may_tell) {
    bool begun = false;
    for (const RaisedAlert& alert : snapshot.alerts) {
        if (!alert.collection.empty() && !may_tell(alert.collection)) continue;
        if (!begun) head(out, "vexfs_alert_raised", "gauge", "Alerts of the daemon's own that are raised.");
        begun = true;
        fmt::format_to(out, "vexfs_alert_raised{{alert=\"{}\",severity=\"{}\",collection=\"{}\"}} 1\n",
                       escaped(alert.rule), alert.severity, escaped(alert.collection));
    }
}

}  // namespace

std::string to_prometheus(const Snapshot& snapshot, MayTell may_tell) {
    std::vector<Told> collections;
    for (const CollectionFigures& figures : snapshot.collections) {
        if (may_tell(figures.name)) collections.push_back({escaped(figures.name), &figures});
    }
    Text text;
    const Out out(text);
    head(out, "vexfs_build_info", "gauge", "The version of the daemon.");
    fmt::format_to(out, "vexfs_build_info{{version=\"{}\"}} 1\n", VEXFS_VERSION);
    put_alerts(out, snapshot, may_tell);
    for (const auto& metric : daemon_metrics()) {
        const auto value = metric.value(snapshot);
        if (!value) continue;
        head(out, metric.name, name_of(metric.kind), metric.help);
        fmt::format_to(out, "{} {}\n", metric.name, *value);
    }
    for (const auto& metric : collection_metrics()) {
        bool begun = false;
        for (const Told& told : collections) {
            const auto value = metric.value(*told.figures);
            if (!value) continue;
            if (!begun) head(out, metric.name, name_of(metric.kind), metric.help);
            begun = true;
            fmt::format_to(out, "{}{{collection=\"{}\"}} {}\n", metric.name, told.label, *value);
        }
    }
    for (const HistogramMetric& metric : histogram_metrics()) {
        if (collections.empty()) break;
        head(out, metric.name, "histogram", metric.help);
        for (const Told& told : collections) put_histogram(out, metric, told);
    }
    return fmt::to_string(text);
}

}  // namespace vexfs
