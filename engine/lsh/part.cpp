// SPDX-License-Identifier: Apache-2.0
#include "engine/lsh/part.h"

#include <algorithm>
#include <array>

#include "engine/graph/visited.h"
#include "engine/lsh/choose.h"

namespace vexfs::lsh {
namespace {

using lists::Shortlist;
using simd::block_codes;

constexpr size_t training_vectors_max = 20'000;

}  // namespace

size_t HashIndex::search(const float* query, size_t nodes, size_t dimension, size_t buckets, size_t breadth,
                         Shortlist& nearest) const {
    struct Scratch {
        codes::Int8Query int8;
        SketchQuery sketch;
        graph::Visited visited;
        std::array<uint32_t, Shortlist::chunk_nodes> fresh;
        std::array<float, Shortlist::chunk_nodes> estimates;
    };
    thread_local Scratch scratch;
    const simd::CodeKernels& kernels = simd::code_kernels();
    scratch.int8.set(query, dimension);
    const simd::SketchQuery& sketch_query = scratch.sketch.set(query, dimension);
    const float base = simd::kernels().dot(query, query, dimension);
    scratch.visited.reset(nodes);
    nearest.reset(breadth);
    size_t seen = 0, count = 0;
    const auto compare = [&] {
        for (size_t i = 0; i < count; i += block_codes)
            kernels.sketch_estimates(sketch_query, sketches.data(), &scratch.fresh[i],
                                     std::min(block_codes, count - i), base, 0, &scratch.estimates[i]);
        nearest.add(scratch.estimates.data(), scratch.fresh.data(), count);
        seen += count;
        count = 0;
    };
    tables.probe(scratch.int8, buckets, [&](std::span<const uint32_t> bucket) {
        for (const uint32_t node : bucket) {
            scratch.fresh[count] = node;
            count += scratch.visited.insert(node) ? 1 : 0;
            if (count == scratch.fresh.size()) compare();
        }
    });
    if (count > 0) compare();
    nearest.finish();
    return seen;
}

size_t AccessPaths::search(const float* query, const paths::Setting& setting, size_t nodes,
                           Shortlist& nearest) const {
    if (setting.path == paths::Path::lsh && hashes)
        return hashes->search(query, nodes, lists->dimension(), setting.probes, setting.breadth, nearest);
    const size_t probes = setting.path == paths::Path::lists ? setting.probes : lists->lists();
    return lists->search(query, probes, setting.breadth, nearest);
}

Part::Part(paths::RowRange range, std::vector<uint32_t> rows, std::unique_ptr<const codes::Space> space,
           AccessPaths access, const PartParameters& parameters)
    : range_(range),
      rows_(std::move(rows)),
      space_(std::move(space)),
      access_(std::move(access)),
      parameters_(parameters) {}

std::unique_ptr<Part> Part::build(size_t dimension, simd::Metric metric, paths::RowRange range,
                                  std::vector<uint32_t> rows, FunctionRef<const float*(uint32_t)> vector,
                                  const PartParameters& parameters, const paths::PartWork& work) {
    const size_t step = rows.size() / training_vectors_max + 1;
    auto space = std::make_unique<const codes::Space>(
        dimension, metric, rows.size() / step, [&](size_t i) { return vector(rows[i * step]); },
        parameters.seed);
    codes::Int8Table table = codes::int8_codes(
        *space, rows.size(), [&](size_t i) { return vector(rows[i]); }, work.threads, work.stop);
    AccessPaths access = choose_paths(
        table, *space, [&](uint32_t node) { return vector(rows[node]); }, parameters, work);
    if (work.stop.stop_requested()) return nullptr;
    return std::unique_ptr<Part>(
        new Part(range, std::move(rows), std::move(space), std::move(access), parameters));
}

std::unique_ptr<paths::Part> Part::refine(FunctionRef<const float*(uint32_t)> /*vector*/,
                                          const paths::PartWork& /*work*/) const {
    return nullptr;
}

size_t Part::memory_bytes() const {
    return rows_.size() * sizeof(uint32_t) + space_->memory_bytes() + access_.lists->memory_bytes() +
           (access_.hashes ? access_.hashes->tables.memory_bytes() + access_.hashes->sketches.memory_bytes()
                           : 0);
}

size_t Part::search(const float* query, const paths::Setting& setting, size_t /*wanted*/,
                    const paths::Selection& selection, std::vector<uint32_t>& rows) const {
    thread_local std::vector<float> transformed;
    thread_local Shortlist nearest;
    transformed.resize(space_->coded_dimension());
    space_->transform_query(query, transformed.data());
    const size_t seen = access_.search(transformed.data(), setting, nodes(), nearest);
    rows.clear();
    for (const uint32_t node : nearest.nodes())
        if (selection.accept(rows_[node])) rows.push_back(rows_[node]);
    return seen;
}

}  // namespace vexfs::lsh
