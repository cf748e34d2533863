// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/vector_rows.h"

#include <cmath>
#include <filesystem>

#include "engine/formats/vector_file.h"

namespace vexfs::fuzz {
namespace {

// All rows from `skipped` on, by blocks of some rows; none where that fails.
std::optional<VectorBlock> read_rows(const std::string& path, size_t block_rows, uint64_t skipped) {
    const auto reader = VectorReader::open(path);
    if (!reader) {
        require(!reader.error().message.empty(), "a refused file is told why");
        return std::nullopt;
    }
    if (skipped != 0 && !(*reader)->skip(skipped)) return std::nullopt;
    VectorBlock all;
    while (true) {
        auto block = (*reader)->read(block_rows);
        if (!block) return std::nullopt;
        if (block->rows == 0) break;
        require(block->rows <= block_rows, "no more rows are read than asked for");
        require(block->vectors.size() == block->rows * (*reader)->dimension(), "each row has the dimension");
        require(block->ids.empty() || block->ids.size() == block->rows, "each row has an id, or none has");
        require(block->metadata.empty() || block->metadata.size() == block->rows,
                "each row has metadata, or none has");
        for (const float value : block->vectors) require(std::isfinite(value), "values are finite");
        all.vectors.insert(all.vectors.end(), block->vectors.begin(), block->vectors.end());
        all.ids.insert(all.ids.end(), block->ids.begin(), block->ids.end());
        for (std::string& text : block->metadata) all.metadata.push_back(std::move(text));
        all.rows += block->rows;
    }
    if (const auto rows = (*reader)->rows())
        require(all.rows == *rows - std::min(*rows, skipped), "there are as many rows as were announced");
    return all;
}

void write_and_read(const std::string& path, const VectorBlock& block, const Scratch& scratch) {
    const std::string again = scratch / ("again" + std::filesystem::path(path).extension().string());
    const auto dimension = static_cast<uint32_t>(block.vectors.size() / block.rows);
    const auto writer = VectorWriter::create(again, dimension);
    require(writer.has_value(), "a file of the same format can be written");
    require((*writer)->write(block).has_value(), "rows that were read can be written");
    require((*writer)->finish().has_value(), "the file can be finished");
    const auto found = read_rows(again, 1000, 0);
    require(found.has_value(), "a file that was written can be read");
    require(found->vectors == block.vectors && found->ids == block.ids, "rows that were written are read");
    require(found->metadata == block.metadata, "metadata that were written are read");
}

}  // namespace

void read_in_all_ways(const std::string& path, const Scratch& scratch) {
    const auto all = read_rows(path, 1000, 0);
    const auto by_two = read_rows(path, 2, 0);
    require(all.has_value() == by_two.has_value(), "blocks of any size can be read or none");
    const auto but_one = read_rows(path, 1000, 1);
    if (!all || all->rows == 0) return;
    require(by_two->vectors == all->vectors && by_two->rows == all->rows, "blocks of any size hold the same");
    require(but_one && but_one->rows == all->rows - 1, "a row can be passed over");
    write_and_read(path, *all, scratch);
}

}  // namespace vexfs::fuzz
