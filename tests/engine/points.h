// SPDX-License-Identifier: Apache-2.0
// Collections and points to test with.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "engine/collection/store.h"

namespace vexfs::test {

inline std::unique_ptr<Store> open_store(const std::string& directory,
                                         uint64_t segment_bytes = uint64_t{256} << 20,
                                         bool background = true) {
    StoreOptions options;
    options.directory = directory;
    options.index_threads = 2;
    options.segment_bytes = segment_bytes;
    options.garbage_bytes_min = std::min(options.garbage_bytes_min, segment_bytes);
    options.background_indexing = background;
    return Store::open(options).value();
}

inline Schema schema_of(uint32_t dimension, simd::Metric metric = simd::Metric::cosine,
                        Algorithm algorithm = Algorithm::hnsw) {
    Schema schema;
    schema.dimension = dimension;
    schema.metric = metric;
    schema.algorithm = algorithm;
    return schema;
}

inline std::vector<float> random_vectors(size_t rows, uint32_t dimension, uint32_t seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> vectors(rows * dimension);
    for (float& value : vectors) value = normal(random);
    return vectors;
}

inline Result<InsertReply> insert(Collection& collection, const std::vector<float>& vectors,
                                  const std::vector<uint64_t>& ids = {},
                                  const std::vector<std::string>& metadata = {},
                                  OnConflict on_conflict = OnConflict::fail) {
    const std::vector<std::string_view> views(metadata.begin(), metadata.end());
    InsertRequest request;
    request.vectors = vectors;
    request.ids = ids;
    request.metadata = views;
    request.on_conflict = on_conflict;
    return collection.insert(request);
}

inline std::vector<uint64_t> ids_of(const SearchReply& reply) {
    std::vector<uint64_t> ids;
    for (const Hit& hit : reply.hits) ids.push_back(hit.id);
    return ids;
}

inline Result<SearchReply> search(const Collection& collection, const std::vector<float>& query,
                                  uint32_t limit, bool exact = false) {
    SearchRequest request;
    request.query = query;
    request.limit = limit;
    request.exact = exact;
    return collection.search(request);
}

}  // namespace vexfs::test
