// SPDX-License-Identifier: Apache-2.0
#include "engine/codes/panel_distances.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "engine/base/parallel.h"

namespace vexfs::codes {
namespace {

constexpr size_t strip_rows = 48;

}  // namespace

void for_distances(const Int8Table& table, std::span<const uint32_t> nodes, const Int8Table& others,
                   unsigned threads, const std::stop_token& stop,
                   FunctionRef<void(size_t i, const float* distances)> body) {
    std::vector<uint32_t> all(others.count());
    std::iota(all.begin(), all.end(), 0U);
    Int8Block columns;
    columns.pack_columns(others, all.data(), all.size());
    struct Worker {
        Int8Block rows;
        std::vector<float> distances;
    };
    std::vector<Worker> workers(std::max(1U, threads));
    parallel_for(threads, (nodes.size() + strip_rows - 1) / strip_rows, [&](unsigned index, size_t strip) {
        if (stop.stop_requested()) return;
        auto& [rows, distances] = workers[index];
        const size_t first = strip * strip_rows, count = std::min(strip_rows, nodes.size() - first);
        const size_t stride = columns.padded_count();
        distances.resize(strip_rows * stride);
        rows.pack_rows(table, &nodes[first], count);
        simd::code_kernels().int8_distances(rows.rows(0), count, columns.panel(), all.size(),
                                            distances.data(), stride);
        for (size_t row = 0; row < count; ++row) body(first + row, &distances[row * stride]);
    });
}

}  // namespace vexfs::codes
