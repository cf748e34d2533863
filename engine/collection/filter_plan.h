// SPDX-License-Identifier: Apache-2.0
// How a search with a filter is answered, its rows being known: by comparing the query with each of them, or
// by a search of the index that takes no others, whichever is expected to cost less. What scans and walks
// took on this machine is learnt as they run; how a filter's rows lie among a query's neighbours, from walks
// for them.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/payload/payload_index.h"

namespace vexfs {

struct FilterPlan {
    bool by_index = false;
    double scan_us = 0;              // what a scan of the rows is expected to cost
    std::optional<double> index_us;  // what a search of the index is; none where nothing was measured
};

class FilterPlanner {
  public:
    explicit FilterPlanner(uint32_t dimension);

    // index_us: from what was measured without a filter.
    FilterPlan choose(uint64_t matches, std::optional<double> index_us,
                      payload::Experience& experience) const;

    void scanned(uint64_t rows, double took_us);
    // `complete`: it was not ended early for taking as long as a scan.
    static void searched(const FilterPlan& plan, double index_us, double took_us, bool complete,
                         payload::Experience& experience);

  private:
    std::atomic<double> row_us_;  // of a scan
};

}  // namespace vexfs
