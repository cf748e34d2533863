// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/report_file.h"

#include <algorithm>
#include <cstring>

namespace vexfs {

Outcome<size_t> ReportFile::read(uint64_t offset, std::span<std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    if (offset == 0) {
        VEXFS_TREE_ASSIGN(text_, make_());
    }
    if (offset >= text_.size()) return 0;
    const size_t count = std::min(bytes.size(), text_.size() - offset);
    std::memcpy(bytes.data(), text_.data() + offset, count);
    return count;
}

}  // namespace vexfs
