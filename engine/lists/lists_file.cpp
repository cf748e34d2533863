// SPDX-License-Identifier: Apache-2.0
#include "engine/lists/lists_file.h"

#include <algorithm>
#include <cmath>

namespace vexfs::lists {

uint64_t file_bytes(size_t dimension, uint32_t lists, uint32_t blocks) {
    if (lists == 0) return 0;
    const uint64_t block_bytes = simd::block_bytes(dimension / 4, 1) + simd::block_codes * sizeof(uint32_t);
    return lists * uint64_t{dimension} * sizeof(float) + (uint64_t{lists} + 1) * sizeof(uint32_t) +
           blocks * block_bytes;
}

Result<void> write(const Lists& lists, ChecksummedWriter& file) {
    VEXFS_TRY(file.write(lists.centroids().data(), lists.centroids().size_bytes()));
    VEXFS_TRY(file.write(lists.first_blocks().data(), lists.first_blocks().size_bytes()));
    VEXFS_TRY(file.write(lists.nodes().data(), lists.nodes().size_bytes()));
    return file.write(lists.blocks().data(), lists.blocks().size_bytes());
}

Result<std::unique_ptr<const Lists>> read(ChecksummedReader& file, size_t dimension, uint32_t lists,
                                          uint32_t blocks, size_t nodes) {
    std::vector<float> centroids(lists * dimension);
    std::vector<uint32_t> first_blocks(size_t{lists} + 1);
    VEXFS_TRY(file.read(centroids.data(), centroids.size() * sizeof(float)));
    VEXFS_TRY(file.read(first_blocks.data(), first_blocks.size() * sizeof(uint32_t)));
    if (!std::ranges::all_of(centroids, [](float value) { return std::isfinite(value); }))
        return file.corrupt("a centroid of its lists is not finite");
    if (first_blocks.front() != 0 || first_blocks.back() != blocks || !std::ranges::is_sorted(first_blocks))
        return file.corrupt("its lists don't follow each other");
    auto made = std::make_unique<Lists>(dimension, std::move(centroids), std::move(first_blocks));
    VEXFS_TRY(file.read(made->nodes().data(), made->nodes().size_bytes()));
    VEXFS_TRY(file.read(made->blocks().data(), made->blocks().size_bytes()));
    if (!made->consistent(nodes)) return file.corrupt("its lists don't have each node once");
    return std::unique_ptr<const Lists>(std::move(made));
}

}  // namespace vexfs::lists
