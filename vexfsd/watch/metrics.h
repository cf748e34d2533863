// SPDX-License-Identifier: Apache-2.0
// The registry of metrics: what of a snapshot has a name. Prometheus is told all of it, alerts name one of
// it. Names follow Prometheus's conventions: base units, _total for what only grows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "vexfsd/watch/snapshot.h"

namespace vexfs {

enum class MetricKind { counter, gauge };

template <class Of>
struct Metric {
    std::string_view name;
    MetricKind kind;
    std::string_view help;
    std::optional<double> (*value)(const Of&);  // none where it is not known
};

// Of the daemon and the machine.
std::span<const Metric<Snapshot>> daemon_metrics();
// Of a collection, labelled with its name.
std::span<const Metric<CollectionFigures>> collection_metrics();

struct HistogramMetric {
    std::string_view name;
    std::string_view help;
    const HistogramCounts& (*counts)(const CollectionFigures&);
    double unit_s;                 // of what was counted
    unsigned first_bit, last_bit;  // buckets end at 2^first_bit to 2^last_bit units
};
std::span<const HistogramMetric> histogram_metrics();

}  // namespace vexfs
