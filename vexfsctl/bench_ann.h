// SPDX-License-Identifier: Apache-2.0
// `bench ann`: how fast the engine builds and searches, and how much it finds, on a data set with known
// answers. It uses the engine directly, without requests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vexfsctl/cli.h"

namespace vexfs::ctl {

struct AnnOptions {
    std::string base, queries, truth, metric, preset, results;
    std::vector<std::string> assignments;
    std::vector<uint32_t> ef_sweep;
    std::vector<double> target_recalls;
    unsigned threads = 0, search_threads = 1;
    uint32_t limit = 10;
};

struct Latencies {
    double p50_us = 0;
    double p99_us = 0;
};
// Of the sorted or unsorted times of searches, by nearest rank; not empty.
Latencies percentiles(std::vector<double> times_us);

// The share of the first `limit` true neighbours of each query that was found. found: [queries, limit],
// -1 where there is none; truth: [queries, truth_columns].
double recall_of(const std::vector<int64_t>& found, const std::vector<int64_t>& truth, size_t truth_columns,
                 size_t limit);

Result<ExitStatus> bench_ann(Context& context, const AnnOptions& options);

}  // namespace vexfs::ctl
