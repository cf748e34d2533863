// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/graph.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "engine/base/parallel.h"
#include "engine/graph/connect.h"

namespace vexfs::graph {
namespace {

constexpr size_t rows_at_once = 256;
constexpr size_t starts_max = 64;

// The space's origin is the mean of the vectors.
uint32_t nearest_to_origin(const codes::Int8Table& table) {
    uint32_t nearest = 0;
    for (uint32_t node = 1; node < table.count(); ++node)
        if (table.factors(node).norm < table.factors(nearest).norm) nearest = node;
    return nearest;
}

}  // namespace

Graph::Graph(const codes::Int8Table& table, LinkTable links, const Layout& layout, unsigned threads,
             std::shared_ptr<const codes::Projection> projection)
    : Graph(table.count(), layout, nearest_to_origin(table), {}, std::move(projection)) {
    loose_ = connect(links, entry_);
    fill(table, links, threads);
    choose_starts();
}

void Graph::fill(const codes::Int8Table& table, const LinkTable& links, unsigned threads) {
    const auto projected = projection_ ? std::make_optional(projection_->apply(table, threads)) : std::nullopt;
    const codes::Int8Table& coded = projected ? *projected : table;
    parallel_for(threads, (nodes_ + rows_at_once - 1) / rows_at_once, [&](unsigned, size_t strip) {
        std::vector<float> own(layout_.kept), other(layout_.kept), scratch(simd::encode_scratch(layout_.kept));
        codes::Int8Query own_code;
        for (size_t node = strip * rows_at_once; node < std::min(nodes_, (strip + 1) * rows_at_once); ++node) {
            auto* row = reinterpret_cast<uint8_t*>(memory_.data()) + node * layout_.row_bytes();
            auto* neighbours = reinterpret_cast<uint32_t*>(row + layout_.neighbours_offset());
            std::fill(neighbours, neighbours + layout_.degree, no_node);
            const auto of_node = links.of(node);
            if (layout_.bits > 0) {
                coded.decode(node, own.data());
                own_code.set(coded.bytes(node), coded.factors(node), layout_.kept);
                for (const Link& link : of_node) coded.prefetch(link.node);
            }
            for (size_t i = 0; i < of_node.size(); ++i) {
                const uint32_t neighbour = neighbours[i] = of_node[i].node;
                if (layout_.bits == 0) continue;
                coded.decode(neighbour, other.data());
                const float within = projected ? own_code.distance(simd::code_kernels(), coded.bytes(neighbour),
                                                                   coded.factors(neighbour))
                                               : of_node[i].distance;
                simd::code_kernels().residual_encode(
                    other.data(), own.data(), layout_.kept, std::max(of_node[i].distance - within, 0.0F),
                    layout_.bits, i % simd::block_codes, scratch.data(),
                    row + i / simd::block_codes * layout_.block_bytes());
            }
            std::memcpy(row + layout_.factors_offset(), &table.factors(node), sizeof(codes::Int8Factors));
            std::memcpy(row + layout_.code_offset(), table.bytes(node), layout_.dimension);
        }
    });
}

Graph::Graph(size_t nodes, const Layout& layout, uint32_t entry, std::vector<uint32_t> loose,
             std::shared_ptr<const codes::Projection> projection)
    : layout_(layout),
      projection_(std::move(projection)),
      nodes_(nodes),
      entry_(entry),
      loose_(std::move(loose)),
      memory_(nodes * layout.row_bytes() + simd::code_slack) {}

bool Graph::consistent() const {
    if (nodes_ > 0 && entry_ >= nodes_) return false;
    if (std::ranges::any_of(loose_, [&](uint32_t node) { return node >= nodes_; })) return false;
    for (size_t node = 0; node < nodes_; ++node) {
        // Distances that are not numbers have no order.
        codes::Int8Factors factors;
        std::memcpy(&factors, row(node) + layout_.factors_offset(), sizeof factors);
        if (!std::isfinite(factors.scale) || factors.scale < 0) return false;
        if (!std::isfinite(factors.norm) || factors.norm < 0) return false;
        for (size_t i = 0; i < layout_.degree; ++i)
            if (neighbours(node)[i] >= nodes_ && neighbours(node)[i] != no_node) return false;
    }
    return true;
}

// Nodes are numbered leaf after leaf, so that every so many of them are from all over.
void Graph::choose_starts() {
    if (nodes_ == 0) return;
    starts_.assign(1, entry_);
    const size_t step = nodes_ / starts_max + 1;
    for (size_t node = step / 2; node < nodes_ && nodes_ >= starts_max; node += step)
        if (node != entry_) starts_.push_back(static_cast<uint32_t>(node));
    start_codes_ = codes::Int8Table(starts_.size(), layout_.dimension);
    for (size_t i = 0; i < starts_.size(); ++i) {
        codes::Int8Factors factors;
        std::memcpy(&factors, row(starts_[i]) + layout_.factors_offset(), sizeof factors);
        start_codes_.set(i, reinterpret_cast<const uint8_t*>(row(starts_[i]) + layout_.code_offset()),
                         factors);
    }
}

codes::Int8Table Graph::codes() const {
    codes::Int8Table table(nodes_, layout_.dimension);
    for (size_t node = 0; node < nodes_; ++node) {
        codes::Int8Factors factors;
        std::memcpy(&factors, row(node) + layout_.factors_offset(), sizeof factors);
        table.set(node, reinterpret_cast<const uint8_t*>(row(node) + layout_.code_offset()), factors);
    }
    return table;
}

LinkTable Graph::links(const codes::Int8Table& table, unsigned threads) const {
    LinkTable links(nodes_, layout_.degree);
    parallel_for(threads, (nodes_ + rows_at_once - 1) / rows_at_once, [&](unsigned, size_t strip) {
        codes::Int8Query own;
        for (size_t node = strip * rows_at_once; node < std::min(nodes_, (strip + 1) * rows_at_once); ++node) {
            own.set(table.bytes(node), table.factors(node), layout_.dimension);
            for (size_t i = 0; i < layout_.degree; ++i) {
                const uint32_t other = neighbours(node)[i];
                if (other == no_node) continue;
                links.append(
                    node,
                    {own.distance(simd::code_kernels(), table.bytes(other), table.factors(other)), other});
            }
        }
    });
    return links;
}

}  // namespace vexfs::graph
