// SPDX-License-Identifier: Apache-2.0
#include "engine/lsh/choose.h"

#include <algorithm>

#include "engine/lists/clusters.h"
#include "engine/paths/sweep.h"

namespace vexfs::lsh {
namespace {

using lists::Lists;
using paths::CalibrationPoint;
using paths::Path;
using paths::Setting;

constexpr double recall_judged = 0.95;

size_t buckets_of(const Tables& tables) {
    size_t buckets = 0;
    for (const Table& table : tables.tables()) buckets += (table.branches.size() + 1) / 2;
    return buckets;
}

// Searches of a sample, with all that a search costs: the distances are exact.
class Calibrator {
  public:
    Calibrator(const AccessPaths& access, const paths::Sample& sample, const codes::Space& space,
               size_t nodes, FunctionRef<const float*(uint32_t)> vector, unsigned threads)
        : access_(access),
          sample_(sample),
          space_(space),
          nodes_(nodes),
          vector_(vector),
          threads_(threads) {}

    CalibrationPoint measure(const Setting& setting) const {
        return paths::measure(sample_, setting, threads_, [&](size_t i, std::vector<uint32_t>& found) {
            return search(setting, i, found);
        });
    }

  private:
    size_t search(const Setting& setting, size_t i, std::vector<uint32_t>& found) const {
        thread_local lists::Shortlist nearest;
        thread_local std::vector<std::pair<float, uint32_t>> compared;
        const size_t seen = access_.search(sample_.query(i), setting, nodes_, nearest);
        compared.clear();
        for (const uint32_t node : nearest.nodes()) {
            const float* vector = node == sample_.nodes[i] ? nullptr : vector_(node);
            if (vector == nullptr) continue;
            compared.emplace_back(
                paths::order_of(space_.metric(), sample_.vectors[i], vector, space_.dimension()), node);
        }
        const size_t kept = std::min<size_t>(paths::calibrated_limit, compared.size());
        std::partial_sort(compared.begin(), compared.begin() + static_cast<ptrdiff_t>(kept), compared.end());
        found.clear();
        for (size_t k = 0; k < kept; ++k) found.push_back(compared[k].second);
        return seen;
    }

    const AccessPaths& access_;
    const paths::Sample& sample_;
    const codes::Space& space_;
    const size_t nodes_;
    FunctionRef<const float*(uint32_t)> vector_;
    unsigned threads_;
};

}  // namespace

AccessPaths choose_paths(const codes::Int8Table& table, const codes::Space& space,
                         FunctionRef<const float*(uint32_t)> vector, const PartParameters& parameters,
                         const paths::PartWork& work) {
    AccessPaths access;
    access.lists =
        std::make_unique<const Lists>(table, std::vector<float>(), std::vector<uint32_t>(), work.threads);
    const paths::Sample sample = paths::take_sample(table, space, vector, paths::sample_nodes, work.threads);
    if (sample.nodes.empty()) return access;
    const Calibrator calibrator(access, sample, space, table.count(), vector, work.threads);
    const auto measure = [&](const Setting& setting) { return calibrator.measure(setting); };
    access.calibration.add(paths::sweep_scans(table.count(), measure));
    // What costs more than the scan that finds nearly all is of no use.
    const float scan_us = access.calibration.points().back().cost_us;

    access.hashes = std::make_unique<const HashIndex>(
        HashIndex{Tables(table, parameters.lsh, parameters.seed, work.threads, work.stop),
                  Sketches(table, work.threads)});
    if (work.stop.stop_requested()) return access;
    access.calibration.add(
        paths::sweep_probes(Path::lsh, buckets_of(access.hashes->tables), scan_us, measure));

    const size_t count = lists::lists_for(table.count());
    if (count > 1) {
        lists::Clusters clusters =
            lists::find_clusters(table, count, parameters.seed, work.threads, work.stop);
        if (work.stop.stop_requested()) return access;
        auto scan = std::move(access.lists);
        access.lists = std::make_unique<const Lists>(table, std::move(clusters.centroids), clusters.list_of,
                                                     work.threads);
        access.calibration.add(paths::sweep_probes(Path::lists, count, scan_us, measure));
        // One kind of lists is kept: a scan of all is for data that clusters tell nothing of.
        const bool kept = access.calibration.for_recall(recall_judged).setting.path != Path::sketch &&
                          access.calibration.useful(Path::lists);
        access.calibration.drop(kept ? Path::sketch : Path::lists);
        if (!kept) access.lists = std::move(scan);
    }
    if (!access.calibration.useful(Path::lsh)) {
        access.calibration.drop(Path::lsh);
        access.hashes.reset();
    }
    return access;
}

}  // namespace vexfs::lsh
