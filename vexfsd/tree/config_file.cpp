// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/config_file.h"

#include <algorithm>
#include <cstring>

namespace vexfs {
namespace {

constexpr uint64_t config_bytes_max = 64u << 10;

}  // namespace

Outcome<void> ConfigFile::fill() {
    if (changed_) return {};
    VEXFS_TREE_ASSIGN(text_, current_());
    return {};
}

Outcome<size_t> ConfigFile::read(uint64_t offset, std::span<std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    if (offset == 0 || text_.empty()) VEXFS_TREE_TRY(fill());
    if (offset >= text_.size()) return 0;
    const size_t count = std::min(bytes.size(), text_.size() - offset);
    std::memcpy(bytes.data(), text_.data() + offset, count);
    return count;
}

Outcome<size_t> ConfigFile::write(uint64_t offset, std::span<const std::byte> bytes) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return refuse(EBUSY, "the file is read or closed at the moment");
    if (offset > config_bytes_max || bytes.size() > config_bytes_max - offset)
        return refuse(EFBIG, "no configuration is that long");
    VEXFS_TREE_TRY(fill());
    if (text_.size() < offset + bytes.size()) text_.resize(offset + bytes.size(), '\n');
    std::memcpy(text_.data() + offset, bytes.data(), bytes.size());
    changed_ = dirty_ = true;
    return bytes.size();
}

Outcome<void> ConfigFile::truncate(uint64_t bytes) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return refuse(EBUSY, "the file is read or closed at the moment");
    if (bytes > config_bytes_max) return refuse(EFBIG, "no configuration is that long");
    VEXFS_TREE_TRY(fill());
    text_.resize(bytes, '\n');
    // An empty text changes nothing: what a shell's ">" begins with is no more than that.
    changed_ = true;
    return {};
}

bool ConfigFile::midway() {
    const std::lock_guard lock(mutex_);
    return changed_ && (dirty_ || text_.empty());
}

Outcome<void> ConfigFile::flush() {
    const std::lock_guard lock(mutex_);
    if (!dirty_) return {};
    dirty_ = false;
    return apply_(text_);
}

}  // namespace vexfs
