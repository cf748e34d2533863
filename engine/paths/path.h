// SPDX-License-Identifier: Apache-2.0
// The access paths: the ways in which a part of an index can be searched. All end alike, in the nearest of
// what they come upon being compared exactly.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vexfs::paths {

// As numbers they stand in files.
enum class Path : uint32_t {
    graph = 0,   // a walk from neighbour to neighbour, graph/graph.h
    lists = 1,   // the nearest of many lists of sketches, lists/lists.h
    sketch = 2,  // all sketches
    lsh = 3,     // the nearest buckets of hash tables, lsh/tables.h
};
inline constexpr uint32_t path_count = 4;

std::string_view name_of(Path path);

struct Setting {
    Path path = Path::graph;
    // graph: how many nodes are kept as the best so far, ef; else how many of the nearest by their sketches
    // are compared by better codes. 0 where nothing is set.
    uint32_t breadth = 0;
    uint32_t probes = 0;  // lists or buckets that are looked through; 0 for the others
    // graph: where it ends before that, graph/reach.h; 0 for nowhere, and for the others.
    float reach = 0;
};

inline constexpr uint32_t calibrated_limit = 10;  // settings are measured by their recall@10

// Of a search for `limit` rows: how many are compared exactly, the nearest by int8 codes. Enough that the
// errors of the codes hardly cost recall.
constexpr size_t reranked(size_t limit) {
    return limit + (limit > 12 ? limit / 2 : 6);
}

// Of walks that expand so many nodes on average and end by their reach: a query with an unusual number of
// nodes about as near is not to cost without bounds.
constexpr uint32_t walk_breadth(size_t seen) {
    return static_cast<uint32_t>(std::clamp<size_t>(5 * seen, 256, 65'536));
}

// What a setting measured for calibrated_limit rows becomes for a search for more.
Setting for_limit(Setting setting, size_t limit);

}  // namespace vexfs::paths
