// SPDX-License-Identifier: Apache-2.0
// Queries of one request that are alike share a search: more of its hits are asked for than a query wants,
// and each query of the group takes its nearest of them. What that loses is measured: of each group the query
// that is least like the others is also searched for alone, and a group that falls behind the recall wanted
// is answered one by one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/collection/collection.h"

namespace vexfs {

// The groups, of at least four queries each; those that are in none are like too few others. By leaders
// (Hartigan, Clustering Algorithms, 1975, chapter 3): a query joins the group whose first query is the most
// like it, if their cosine is at least `similarity`.
// vectors: [n, dimension]
std::vector<std::vector<size_t>> similar_queries(std::span<const float> vectors, uint32_t dimension,
                                                 double similarity);

struct SharedHits {
    std::vector<std::vector<Hit>> hits;  // [queries of the group]; empty where the recall was not reached
    double recall = 0;                   // of the query that was searched for alone
    std::string path;
    uint64_t distances = 0;
};

// Searches for the queries [queries of the group][dimension] as `request` says, whose own query is not looked
// at. Hits have vectors only where it asks for them.
Result<SharedHits> search_together(const Collection& collection, const SearchRequest& request,
                                   std::span<const std::span<const float>> queries, simd::Metric metric,
                                   double recall_min);

}  // namespace vexfs
