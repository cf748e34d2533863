// SPDX-License-Identifier: Apache-2.0
#include "engine/formats/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

#include "engine/collection/schema.h"

namespace vexfs::formats {

static_assert(std::endian::native == std::endian::little, "the formats' bytes are taken as they are");

Result<void> check_dimension(const std::string& path, uint64_t dimension) {
    if (dimension == 0) {
        return fail(ErrorCode::malformed, fmt::format("{}: its vectors have dimension 0", path));
    }
    if (dimension > dimension_max) {
        return fail(ErrorCode::too_large, fmt::format("{}: its vectors have dimension {}, the highest is {}",
                                                      path, dimension, dimension_max));
    }
    return {};
}

Result<void> check_finite(const std::string& path, std::span<const float> values, uint32_t dimension,
                          uint64_t first_row) {
    const auto bad = std::find_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); });
    if (bad == values.end()) return {};
    const auto position = static_cast<uint64_t>(bad - values.begin());
    return fail(ErrorCode::not_finite,
                fmt::format("{}: row {}, column {} (counted from 0) is {} as a 32-bit float", path,
                            first_row + position / dimension, position % dimension, *bad),
                "remove or repair the row: vectors must be finite");
}

Result<void> check_size(const InputFile& file, uint64_t expected_bytes) {
    if (file.size() == expected_bytes) return {};
    return fail(ErrorCode::malformed,
                fmt::format("{} {}: its header makes {} bytes, the file has {}", file.path(),
                            file.size() < expected_bytes ? "is truncated" : "has bytes behind its end",
                            expected_bytes, file.size()),
                "copy or make the file again");
}

Result<VectorBlock> FixedRowReader::read(size_t rows_max) {
    const auto rows = static_cast<size_t>(std::min<uint64_t>(rows_max, layout_.rows - next_row_));
    const size_t dimension = layout_.dimension;
    VectorBlock block;
    block.rows = rows;
    block.vectors.resize(rows * dimension);

    const size_t rows_per_chunk = std::max<size_t>(buffer_bytes / layout_.row_bytes, 1);
    std::vector<std::byte> raw(std::min(rows_per_chunk, rows) * layout_.row_bytes);
    for (size_t done = 0; done < rows; done += rows_per_chunk) {
        const size_t chunk = std::min(rows_per_chunk, rows - done);
        const std::span bytes(raw.data(), chunk * layout_.row_bytes);
        const uint64_t first = next_row_ + done;
        VEXFS_TRY(file_.read_exactly(layout_.data_offset + first * layout_.row_bytes, bytes));
        for (size_t i = 0; i < chunk; ++i) {
            VEXFS_TRY(decode(bytes.subspan(i * layout_.row_bytes, layout_.row_bytes), first + i,
                             std::span(block.vectors).subspan((done + i) * dimension, dimension)));
        }
    }
    VEXFS_TRY(check_finite(path(), block.vectors, layout_.dimension, next_row_));
    next_row_ += rows;
    return block;
}

Result<uint64_t> FixedRowReader::skip(uint64_t rows) {
    const uint64_t passed = std::min(rows, layout_.rows - next_row_);
    next_row_ += passed;
    return passed;
}

Result<void> RowWriter::write(const VectorBlock& block) {
    if (block.vectors.size() != block.rows * dimension_) {
        return fail(ErrorCode::dimension_mismatch,
                    fmt::format("{}: {} rows of dimension {} have {} values, the block has {}", file_.path(),
                                block.rows, dimension_, block.rows * dimension_, block.vectors.size()));
    }
    assert(block.ids.empty() || block.ids.size() == block.rows);
    assert(block.metadata.empty() || block.metadata.size() == block.rows);
    VEXFS_TRY(check_finite(file_.path(), block.vectors, dimension_, rows_));
    VEXFS_TRY(write_rows(block));
    rows_ += block.rows;
    return {};
}

Result<void> RowWriter::finish() {
    VEXFS_TRY(complete());
    return file_.commit();
}

}  // namespace vexfs::formats
