// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/point_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace vexfs {

PointFile::PointFile(std::vector<float> vector, uint32_t dimension, MemoryBudget& budget, Store store)
    : bytes_whole_(dimension * sizeof(float)),
      store_(std::move(store)),
      share_(budget, [] {}),
      vector_(std::move(vector)),
      bytes_(vector_.size() * sizeof(float)) {
    vector_.resize(dimension);
}

Outcome<std::unique_ptr<OpenFile>> PointFile::open(std::vector<float> vector, uint32_t dimension,
                                                   MemoryBudget& budget, Store store) {
    std::unique_ptr<PointFile> file(new PointFile(std::move(vector), dimension, budget, std::move(store)));
    VEXFS_TREE_TRY(file->share_.resize(file->bytes_whole_));
    return file;
}

Outcome<size_t> PointFile::read(uint64_t offset, std::span<std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    if (offset >= bytes_) return 0;
    const size_t count = std::min<uint64_t>(bytes.size(), bytes_ - offset);
    std::memcpy(bytes.data(), std::as_bytes(std::span(vector_)).data() + offset, count);
    return count;
}

Outcome<size_t> PointFile::write(uint64_t offset, std::span<const std::byte> bytes) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return refuse(EBUSY, "the file is read or closed at the moment");
    if (offset > bytes_whole_ || bytes.size() > bytes_whole_ - offset)
        return refuse(EFBIG, fmt::format("the vector has {} bytes", bytes_whole_));
    std::memcpy(std::as_writable_bytes(std::span(vector_)).data() + offset, bytes.data(), bytes.size());
    bytes_ = std::max(bytes_, offset + bytes.size());
    dirty_ = true;
    return bytes.size();
}

Outcome<void> PointFile::truncate(uint64_t bytes) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return refuse(EBUSY, "the file is read or closed at the moment");
    if (bytes > bytes_whole_) return refuse(EFBIG, fmt::format("the vector has {} bytes", bytes_whole_));
    const auto all = std::as_writable_bytes(std::span(vector_));
    std::ranges::fill(all.subspan(bytes), std::byte{0});
    bytes_ = bytes;
    return {};
}

bool PointFile::midway() {
    const std::lock_guard lock(mutex_);
    return dirty_ || bytes_ != bytes_whole_;
}

Outcome<void> PointFile::flush() {
    const std::lock_guard lock(mutex_);
    if (!dirty_) return {};
    if (bytes_ != bytes_whole_) {
        return refuse(EINVAL, fmt::format("{} bytes were written, the vector has {}", bytes_, bytes_whole_));
    }
    dirty_ = false;
    return store_(vector_);
}

}  // namespace vexfs
