// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "engine/collection/inserted_index.h"
#include "engine/collection/part_index.h"
#include "engine/collection/part_kinds.h"

namespace vexfs {
namespace {

std::unique_ptr<Index> open_inserted(Disk& disk, const Schema& schema, const std::string& directory,
                                     const std::vector<ManifestIndex>& files, uint32_t rows,
                                     std::string& problem) {
    if (!files.empty() && files.front().end_row <= rows) {
        auto graph = Hnsw::load(fmt::format("{}/{}", directory, files.front().file), schema.dimension,
                                schema.metric, schema.hnsw, disk);
        if (graph) {
            return std::make_unique<InsertedIndex>(
                std::move(*graph), static_cast<uint32_t>(files.front().end_row), files.front().file);
        }
        problem = fmt::format("the index is built again: {}", graph.error().message);
    }
    return std::make_unique<InsertedIndex>(
        std::make_unique<Hnsw>(schema.dimension, schema.metric, schema.hnsw), 0, std::string());
}

std::unique_ptr<Index> open_parts(Disk& disk, const Schema& schema, const std::string& directory,
                                  const std::vector<ManifestIndex>& files, uint32_t rows,
                                  std::string& problem) {
    std::vector<PartIndex::Saved> parts;
    uint32_t covered = 0;
    for (const ManifestIndex& listed : files) {
        auto part = load_part(schema, fmt::format("{}/{}", directory, listed.file), disk);
        if (!part) {
            problem = fmt::format("a part of the index is built again: {}", part.error().message);
            break;
        }
        const paths::RowRange range = (*part)->range();
        if (range.first != covered || range.first != listed.first_row || range.end != listed.end_row ||
            range.end > rows) {
            problem = fmt::format("a part of the index is built again: {} is not of rows {} to {}",
                                  listed.file, listed.first_row, listed.end_row);
            break;
        }
        covered = range.end;
        parts.push_back({std::move(*part), listed.file});
    }
    return std::make_unique<PartIndex>(schema, std::move(parts));
}

}  // namespace

std::unique_ptr<Index> open_index(Disk& disk, const Schema& schema, const std::string& directory,
                                  const std::vector<ManifestIndex>& files, uint32_t rows,
                                  std::string& problem) {
    if (schema.algorithm == Algorithm::flat) return nullptr;
    const bool coded = schema.metric != simd::Metric::manhattan;
    return coded ? open_parts(disk, schema, directory, files, rows, problem)
                 : open_inserted(disk, schema, directory, files, rows, problem);
}

}  // namespace vexfs
