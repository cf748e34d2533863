// SPDX-License-Identifier: Apache-2.0
#include "engine/index/hnsw.h"

#include "engine/index/hnsw_graph.h"

namespace vexfs {

Hnsw::Hnsw(uint32_t dimension, simd::Metric metric, const HnswParameters& parameters)
    : graph_(std::make_unique<Graph>(dimension, metric, parameters)) {}

Hnsw::~Hnsw() = default;

uint32_t Hnsw::size() const {
    return graph_->size.load(std::memory_order_acquire);
}

uint32_t Hnsw::layer_count() const {
    const hnsw::Entry entry = graph_->entry.load(std::memory_order_acquire);
    return entry.exists() ? entry.layer + 1 : 0;
}

size_t Hnsw::memory_bytes() const {
    return sizeof(Graph) + graph_->nodes.memory_bytes();
}

}  // namespace vexfs
