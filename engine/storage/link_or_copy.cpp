// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/storage/disk.h"

namespace vexfs {
namespace {

constexpr uint64_t block_bytes = uint64_t{1} << 20;

Result<void> copy(Disk& disk, const std::string& from, const std::string& to) {
    VEXFS_ASSIGN(const auto source, disk.open(from));
    VEXFS_ASSIGN(const uint64_t bytes, source->size());
    VEXFS_ASSIGN(const auto target, disk.create(to));
    std::vector<std::byte> block(std::min(bytes, block_bytes));
    for (uint64_t offset = 0; offset < bytes;) {
        const std::span<std::byte> part(block.data(), std::min<uint64_t>(block.size(), bytes - offset));
        VEXFS_TRY(source->read_at(offset, part));
        const iovec written{part.data(), part.size()};
        VEXFS_TRY(target->write_at(offset, {&written, 1}));
        offset += part.size();
    }
    return target->sync();
}

}  // namespace

Result<void> link_or_copy(Disk& disk, const std::string& from, const std::string& to) {
    auto linked = disk.link(from, to);
    if (linked || linked.error().code != ErrorCode::unsupported) return linked;
    return copy(disk, from, to);
}

}  // namespace vexfs
