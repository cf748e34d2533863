// SPDX-License-Identifier: Apache-2.0
// Parts to test with.
#pragma once

#include <xxhash.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <numeric>

#include "../index_data.h"
#include "engine/graph/part.h"

namespace vexfs::test {

inline graph::PartOptions part_options(unsigned threads = 2, GraphLayout layout = GraphLayout::fast) {
    graph::PartOptions options;
    options.parameters.layout = layout;
    options.parameters.ef_construction = 60;
    options.threads = threads;
    return options;
}

// Of all vectors, which are rows from `first` on.
inline std::unique_ptr<graph::Part> part_of(const Vectors& vectors, simd::Metric metric,
                                            const graph::PartOptions& options, uint32_t first = 0) {
    std::vector<uint32_t> rows(vectors.rows());
    std::iota(rows.begin(), rows.end(), first);
    return graph::Part::build(
        vectors.dimension, metric, {first, first + vectors.rows()}, std::move(rows),
        [&](uint32_t row) { return vectors[row - first]; }, options);
}

// With refined links; the part's rows are those of `vectors`.
inline std::unique_ptr<paths::Part> refine(const paths::Part& part, const Vectors& vectors,
                                           const graph::PartOptions& options) {
    return part.refine([&](uint32_t row) { return vectors[(row - part.range().first) % vectors.rows()]; },
                       {options.threads, options.stop});
}

inline std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

// Of a part's file that was changed.
inline void renew_checksum(std::string& content) {
    const size_t bytes = content.size() - sizeof(XXH64_hash_t);
    const XXH64_hash_t checksum = XXH3_64bits(content.data(), bytes);
    std::memcpy(content.data() + bytes, &checksum, sizeof checksum);
}

inline paths::Setting walk_of(size_t ef) {
    return {paths::Path::graph, static_cast<uint32_t>(ef)};
}

inline std::vector<uint32_t> search(const paths::Part& part, const float* query, size_t ef, size_t wanted) {
    std::vector<uint32_t> rows;
    part.search(query, walk_of(ef), wanted, any_row, rows);
    return rows;
}

}  // namespace vexfs::test
