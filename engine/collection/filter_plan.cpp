// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/filter_plan.h"

namespace vexfs {
namespace {

constexpr double learnt_share = 0.2;    // of a new observation, in what is known
constexpr uint64_t rows_told_of = 256;  // scans of fewer rows say little of what one costs, and are quick
// Filters whose rows lie near the queries are cheaper to search for than their number says: once in a while
// it is tried, unless that is far from paying.
constexpr uint32_t tried_every = 64;
constexpr double tried_within = 30;

// Before anything was learnt: a row is waited for, and read at this rate.
constexpr double row_wait_us = 0.03;
constexpr double bytes_per_us = 8'000;

double mixed(double known, double observed) {
    return known + learnt_share * (observed - known);
}

}  // namespace

FilterPlanner::FilterPlanner(uint32_t dimension)
    : row_us_(row_wait_us + dimension * sizeof(float) / bytes_per_us) {}

FilterPlan FilterPlanner::choose(uint64_t matches, std::optional<double> index_us,
                                 payload::Experience& experience) const {
    FilterPlan plan;
    plan.scan_us = static_cast<double>(matches) * row_us_.load(std::memory_order_relaxed);
    if (!index_us) return plan;
    const bool tried = experience.queries.fetch_add(1, std::memory_order_relaxed) % tried_every == 0;
    plan.index_us = *index_us * experience.cost_ratio.load(std::memory_order_relaxed);
    plan.by_index = *plan.index_us < plan.scan_us ||
                    (tried && matches > rows_told_of && *index_us < tried_within * plan.scan_us);
    return plan;
}

void FilterPlanner::scanned(uint64_t rows, double took_us) {
    if (rows < rows_told_of) return;
    const double row_us = took_us / static_cast<double>(rows);
    row_us_.store(mixed(row_us_.load(std::memory_order_relaxed), row_us), std::memory_order_relaxed);
}

void FilterPlanner::searched(const FilterPlan& plan, double index_us, double took_us, bool complete,
                             payload::Experience& experience) {
    // How much longer it would have taken is not known.
    const double ratio = (complete ? took_us : 2 * plan.scan_us) / index_us;
    const bool first = experience.searches.fetch_add(1, std::memory_order_relaxed) == 0;
    const double known = experience.cost_ratio.load(std::memory_order_relaxed);
    experience.cost_ratio.store(first ? ratio : mixed(known, ratio), std::memory_order_relaxed);
}

}  // namespace vexfs
