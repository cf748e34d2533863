// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/calibration.h"

#include <algorithm>
#include <functional>

#include "engine/lists/clusters.h"
#include "engine/paths/sweep.h"

namespace vexfs::graph {
namespace {

using lists::Lists;
using paths::CalibrationPoint;
using paths::Path;
using paths::Setting;

// A scan of sketches takes so many times the least that it can take, with all that it compares by better
// codes: what costs more than that is of no use.
constexpr float scan_costs_max = 4;
constexpr double recall_judged = 0.95;
// Walks that find so much at less than so long a time for each node that there is, as a scan takes, do for a
// graph that is soon refined.
constexpr float walks_do = 0.995F;
constexpr float node_us = 0.001F;

// Leaves the `wanted` nearest of those that are accepted, in order, and asks of few more than that takes.
void keep_nearest(std::vector<Found>& found, size_t wanted, FunctionRef<bool(uint32_t)> accept) {
    // The nearest of a heap goes behind what is left of it, so that those kept stand in reverse at the end.
    std::ranges::make_heap(found, std::greater(), &Found::distance);
    auto left = found.end(), kept = found.end();
    while (left != found.begin() && static_cast<size_t>(found.end() - kept) < wanted) {
        // As many as are wanted, and then asked of, one after the other: an answer waits for memory.
        auto asked = left;
        for (auto more = wanted - static_cast<size_t>(found.end() - kept); more > 0 && left != found.begin();
             --more)
            std::ranges::pop_heap(found.begin(), left--, std::greater(), &Found::distance);
        while (asked != left)
            if (accept((--asked)->node)) *--kept = *asked;
    }
    std::reverse(kept, found.end());
    found.erase(found.begin(), kept);
}

class Calibrator {
  public:
    Calibrator(const Graph& graph, const paths::Sample& sample, unsigned threads)
        : graph_(graph), sample_(sample), threads_(threads) {}

    CalibrationPoint measure(const Lists* lists, const Setting& setting) const {
        return paths::measure(sample_, setting, threads_, [&](size_t i, std::vector<uint32_t>& found) {
            return search(lists, setting, i, found);
        });
    }
    float least_cost_us(const Lists* lists, const Setting& setting) const {
        return paths::least_cost_us(sample_, [&](size_t i, std::vector<uint32_t>& found) {
            return search(lists, setting, i, found);
        });
    }

  private:
    size_t search(const Lists* lists, const Setting& setting, size_t i, std::vector<uint32_t>& nodes) const {
        thread_local std::vector<Found> found;
        constexpr size_t wanted = paths::reranked(paths::calibrated_limit);
        const size_t seen =
            Searched{graph_, lists}.search(sample_.query(i), setting, wanted, found, sample_.nodes[i]);
        nodes.clear();
        for (const Found& one : found) nodes.push_back(one.node);
        return seen;
    }

    const Graph& graph_;
    const paths::Sample& sample_;
    unsigned threads_;
};

}  // namespace

size_t Searched::search(const float* query, const Setting& setting, size_t wanted, std::vector<Found>& found,
                        uint32_t without) const {
    const size_t seen = come_upon(query, setting, wanted, found, without);
    keep_nearest(found, wanted, [&](uint32_t node) { return node != without; });
    return seen;
}

size_t Searched::search(const float* query, const Setting& setting, size_t wanted,
                        const paths::Selection& of_nodes, std::vector<Found>& found) const {
    const bool by_walk = setting.path == Path::graph || lists == nullptr;
    const size_t seen = of_nodes.share < 1 && by_walk
                            ? graph.search(query, {setting.breadth, setting.reach, wanted}, of_nodes, found)
                            : come_upon(query, setting, wanted, found, no_node);
    keep_nearest(found, wanted, of_nodes.accept);
    return seen;
}

size_t Searched::come_upon(const float* query, const Setting& setting, size_t wanted,
                           std::vector<Found>& found, uint32_t without) const {
    if (setting.path == Path::graph || lists == nullptr) {
        graph.search(query, {setting.breadth, setting.reach, wanted}, found, without);
        return found.size();
    }
    thread_local lists::Shortlist nearest;
    const size_t probes = setting.path == Path::sketch ? lists->lists() : setting.probes;
    const size_t seen = lists->search(query, probes, setting.breadth, nearest);
    graph.compare(query, nearest.nodes(), found);
    return seen;
}

AccessPaths choose_paths(const Graph& graph, const codes::Int8Table& table, const paths::Sample& sample,
                         const PathOptions& options) {
    AccessPaths chosen;
    if (sample.nodes.empty()) return chosen;
    const Calibrator calibrator(graph, sample, options.threads);
    const auto by_graph = [&](const Setting& setting) { return calibrator.measure(nullptr, setting); };
    if (!options.thorough) {
        const float few_us = node_us * static_cast<float>(graph.nodes());
        std::vector<CalibrationPoint> walks = paths::sweep_walks(few_us, walks_do, by_graph);
        if (walks.back().recall >= walks_do) {
            chosen.calibration.add(std::move(walks));
            return chosen;
        }
    }
    auto scan =
        std::make_unique<const Lists>(table, std::vector<float>(), std::vector<uint32_t>(), options.threads);
    const float scan_us = calibrator.least_cost_us(scan.get(), {Path::sketch, paths::breadth_least, 0});
    chosen.calibration.add(paths::sweep_walks(scan_costs_max * scan_us, paths::recall_enough, by_graph));
    const CalibrationPoint& last_walk = chosen.calibration.points().back();
    const bool walks_suffice = last_walk.recall >= paths::recall_enough;
    // The compact layout has no memory for sketches that are faster and no more.
    if (walks_suffice && graph.layout().bits == 0) return chosen;
    if (walks_suffice && last_walk.cost_us < scan_us) {
        scan.reset();
    } else {
        chosen.calibration.add(paths::sweep_scans(
            graph.nodes(), [&](const Setting& setting) { return calibrator.measure(scan.get(), setting); }));
    }
    const size_t count = options.thorough ? lists::lists_for(table.count()) : 1;
    std::unique_ptr<const Lists> lists;
    if (count > 1) {
        lists::Clusters clusters =
            lists::find_clusters(table, count, options.seed, options.threads, options.stop);
        lists = std::make_unique<const Lists>(table, std::move(clusters.centroids), clusters.list_of,
                                              options.threads);
        chosen.calibration.add(paths::sweep_probes(
            Path::lists, count, scan_costs_max * scan_us,
            [&](const Setting& setting) { return calibrator.measure(lists.get(), setting); }));
    }
    // One kind of lists is kept: a scan of all is for data that clusters tell nothing of.
    const Path judged = chosen.calibration.for_recall(recall_judged).setting.path;
    const bool kept = lists && judged != Path::sketch && chosen.calibration.useful(Path::lists);
    chosen.calibration.drop(kept ? Path::sketch : Path::lists);
    chosen.lists = kept ? std::move(lists) : std::move(scan);
    if (!kept && !chosen.calibration.useful(Path::sketch)) {
        chosen.calibration.drop(Path::sketch);
        chosen.lists.reset();
    }
    return chosen;
}

}  // namespace vexfs::graph
