// SPDX-License-Identifier: Apache-2.0
#include "engine/index/hnsw_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "engine/index/checksummed_file.h"
#include "engine/index/hnsw_graph.h"

namespace vexfs {

static_assert(std::endian::native == std::endian::little, "a graph's file is written as it lies in memory");

namespace hnsw {
namespace {

FileHeader header_of(const Hnsw::Graph& graph) {
    FileHeader header{};
    std::memcpy(header.magic, file_magic, sizeof header.magic);
    header.version = file_version;
    header.dimension = static_cast<uint32_t>(graph.space.dimension());
    header.metric = static_cast<uint32_t>(graph.space.metric());
    header.m = graph.parameters.m;
    header.max_m = graph.parameters.max_m;
    header.ef_construction = graph.parameters.ef_construction;
    header.ml = graph.parameters.ml;
    header.seed = graph.parameters.seed;
    header.nodes = graph.size.load(std::memory_order_acquire);
    header.row_end = graph.nodes.row_end();
    const Entry entry = graph.entry.load(std::memory_order_acquire);
    header.entry_row = entry.row;
    header.entry_layer = entry.layer;
    return header;
}

Result<void> write_node(ChecksummedWriter& file, const Hnsw::Graph& graph, uint32_t row) {
    const Nodes& nodes = graph.nodes;
    const bool twin = nodes.is_twin(row);
    VEXFS_TRY(file.write(FileNode{row, nodes.top_layer(row) | (twin ? twin_flag : 0), nodes.next_twin(row)}));
    VEXFS_TRY(file.write(nodes.vector(row), graph.space.dimension() * sizeof(float)));
    if (twin) return {};
    for (uint32_t layer = 0; layer <= nodes.top_layer(row); ++layer) {
        const Links links = nodes.links(row, layer);
        uint32_t words[1 + links_max];
        words[0] = links.count();
        for (uint32_t i = 0; i < words[0]; ++i) words[1 + i] = links[i];
        VEXFS_TRY(file.write(words, (1 + size_t{words[0]}) * sizeof(uint32_t)));
    }
    return {};
}

// Whether the file's header fits what is asked for.
Result<void> check_header(const ChecksummedReader& file, const FileHeader& header, const FileHeader& wanted,
                          const std::string& path) {
    if (std::memcmp(header.magic, file_magic, sizeof header.magic) != 0)
        return file.corrupt("it doesn't begin as a graph's file");
    if (header.version != file_version)
        return fail(ErrorCode::unsupported,
                    fmt::format("{} has version {} of the format, this program reads version {}", path,
                                header.version, file_version));
    const auto differs = [&](const char* name, auto stored, auto asked) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} was built with {} {}, not {}", path, name, stored, asked),
                    "build the index anew with the new parameters");
    };
    if (header.dimension != wanted.dimension) return differs("dimension", header.dimension, wanted.dimension);
    if (header.metric != wanted.metric) return differs("metric", header.metric, wanted.metric);
    if (header.m != wanted.m) return differs("m", header.m, wanted.m);
    if (header.max_m != wanted.max_m) return differs("max_m", header.max_m, wanted.max_m);
    if (header.ef_construction != wanted.ef_construction)
        return differs("ef_construction", header.ef_construction, wanted.ef_construction);
    if (header.ml != wanted.ml) return differs("ml", header.ml, wanted.ml);
    if (header.seed != wanted.seed) return differs("seed", header.seed, wanted.seed);

    const uint64_t node_bytes_min = sizeof(FileNode) + sizeof(float) * uint64_t{header.dimension};
    if (header.row_end > row_end_max || header.nodes > header.row_end ||
        (header.nodes == 0) != (header.row_end == 0) || header.nodes > file.bytes_left() / node_bytes_min)
        return file.corrupt(fmt::format("it can't have {} nodes below row {}", header.nodes, header.row_end));
    return {};
}

// Reads one node. What can be judged by itself is: rows in ascending order, layers, counts, finite values.
Result<void> read_node(ChecksummedReader& file, Hnsw::Graph& graph, uint32_t row_end, uint32_t row_min) {
    FileNode node{};
    VEXFS_TRY(file.read(node));
    if (node.row < row_min || node.row >= row_end)
        return file.corrupt(fmt::format("row {} is not between {} and {}", node.row, row_min, row_end));
    const bool twin = (node.top_layer & twin_flag) != 0;
    const uint32_t top_layer = node.top_layer & ~twin_flag;
    if (top_layer >= layers_max || (twin && top_layer != 0))
        return file.corrupt(fmt::format("row {} can't stand on layer {}", node.row, top_layer));

    graph.nodes.create(node.row, top_layer);
    graph.nodes.restore_twin(node.row, twin, node.next_twin);
    float* vector = graph.nodes.vector(node.row);
    const size_t dimension = graph.space.dimension();
    VEXFS_TRY(file.read(vector, dimension * sizeof(float)));
    if (!std::all_of(vector, vector + dimension, [](float value) { return std::isfinite(value); }))
        return file.corrupt(fmt::format("the vector of row {} is not finite", node.row));
    if (twin) return {};
    for (uint32_t layer = 0; layer <= top_layer; ++layer) {
        uint32_t count = 0, rows[links_max];
        VEXFS_TRY(file.read(count));
        if (count > graph.nodes.links_cap(layer))
            return file.corrupt(fmt::format("row {} has {} links on layer {}", node.row, count, layer));
        VEXFS_TRY(file.read(rows, count * sizeof(uint32_t)));
        graph.nodes.links(node.row, layer).assign({rows, count});
    }
    return {};
}

// What needs the other nodes to be judged: links lead to nodes of their layer, and twins form lists, each row
// in one at most.
Result<void> check_references(const ChecksummedReader& file, const Hnsw::Graph& graph) {
    const Nodes& nodes = graph.nodes;
    std::vector<bool> is_next(nodes.row_end());
    for (uint32_t row = 0; row < nodes.row_end(); ++row) {
        if (!nodes.has(row)) continue;
        if (const uint32_t next = nodes.next_twin(row); next != no_row) {
            if (!nodes.has(next) || !nodes.is_twin(next) || is_next[next])
                return file.corrupt(fmt::format("row {} names row {} as its twin", row, next));
            is_next[next] = true;
        }
        if (nodes.is_twin(row)) continue;
        for (uint32_t layer = 0; layer <= nodes.top_layer(row); ++layer) {
            const Links links = nodes.links(row, layer);
            for (uint32_t i = 0; i < links.count(); ++i)
                if (!nodes.has(links[i]) || nodes.is_twin(links[i]) || nodes.top_layer(links[i]) < layer)
                    return file.corrupt(
                        fmt::format("row {} links to row {} on layer {}", row, links[i], layer));
        }
    }
    return {};
}

Result<void> read_graph(ChecksummedReader& file, Hnsw::Graph& graph, const std::string& path) {
    FileHeader header{};
    VEXFS_TRY(file.read(header));
    VEXFS_TRY(check_header(file, header, header_of(graph), path));
    uint32_t row_min = 0;
    for (uint32_t i = 0; i < header.nodes; ++i) {
        VEXFS_TRY(read_node(file, graph, header.row_end, row_min));
        row_min = graph.nodes.row_end();
    }
    if (file.bytes_left() != 0) return file.corrupt("more follows after its last node");
    if (row_min != header.row_end) return file.corrupt("its last row is missing");
    VEXFS_TRY(check_references(file, graph));

    const Entry entry{header.entry_row, header.entry_layer};
    if (entry.exists() != (header.nodes > 0)) return file.corrupt("its entry is none of its nodes");
    if (entry.exists() && (!graph.nodes.has(entry.row) || graph.nodes.is_twin(entry.row) ||
                           graph.nodes.top_layer(entry.row) != entry.layer))
        return file.corrupt(fmt::format("row {} can't be its entry", entry.row));
    graph.entry.store(entry, std::memory_order_release);
    graph.size.store(header.nodes, std::memory_order_release);
    return {};
}

}  // namespace
}  // namespace hnsw

Result<void> Hnsw::save(const std::string& path, Disk& disk, bool bulk) const {
    VEXFS_ASSIGN(ChecksummedWriter file, ChecksummedWriter::create(disk, path, bulk));
    VEXFS_TRY(file.write(hnsw::header_of(*graph_)));
    for (uint32_t row = 0; row < graph_->nodes.row_end(); ++row)
        if (graph_->nodes.has(row)) VEXFS_TRY(hnsw::write_node(file, *graph_, row));
    return file.finish();
}

Result<std::unique_ptr<Hnsw>> Hnsw::load(const std::string& path, uint32_t dimension, simd::Metric metric,
                                         const HnswParameters& parameters, Disk& disk) {
    auto loaded = std::make_unique<Hnsw>(dimension, metric, parameters);
    VEXFS_TRY(read_checksummed(disk, path, [&](ChecksummedReader& file) {
        return hnsw::read_graph(file, *loaded->graph_, path);
    }));
    return loaded;
}

}  // namespace vexfs
