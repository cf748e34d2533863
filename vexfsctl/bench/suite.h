// SPDX-License-Identifier: Apache-2.0
// Measures VexFS as its clients see it, through requests: `bench run` and `bench scenarios`.
//
// Each rate of inserts is of collections of their own, queries are none of the vectors, truth is found by
// comparing all of them, and no query is asked twice but where the query cache is measured.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "vexfsctl/cli.h"

namespace vexfs::ctl {

struct BenchCase {
    std::string name;  // "hnsw 10000"
    std::string algorithm;
    uint32_t dimension = 384;
    uint64_t rows = 0;
    std::vector<uint64_t> batch_sizes;
    std::vector<uint32_t> limits;
    std::string preset;                                    // or none
    nlohmann::json parameters = nlohmann::json::object();  // over the preset's
};

struct SuiteOptions {
    std::vector<BenchCase> cases;
    std::string kind;        // "run" or "scenarios"
    unsigned repeats = 3;    // of each rate, by which noise is known
    unsigned queries = 100;  // of each repeat
};

// {kind, vexfs, began, machine{}, through, repeats, cases: [{name, algorithm, preset, rows, dimension,
// parameters{}, insert[], index{}, search[], curve[], cache{}}]}, see vexfsctl-bench(1).
Result<nlohmann::ordered_json> measure(Context& context, const SuiteOptions& options);

}  // namespace vexfs::ctl
