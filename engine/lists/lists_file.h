// SPDX-License-Identifier: Apache-2.0
// Lists as they stand in files of an index (graph/part_file.h).
#pragma once

#include <memory>

#include "engine/index/checksummed_file.h"
#include "engine/lists/lists.h"

namespace vexfs::lists {

uint64_t file_bytes(size_t dimension, uint32_t lists, uint32_t blocks);

Result<void> write(const Lists& lists, ChecksummedWriter& file);
// Corrupt where they aren't lists of `nodes` nodes.
Result<std::unique_ptr<const Lists>> read(ChecksummedReader& file, size_t dimension, uint32_t lists,
                                          uint32_t blocks, size_t nodes);

}  // namespace vexfs::lists
