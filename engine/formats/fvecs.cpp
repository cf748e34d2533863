// SPDX-License-Identifier: Apache-2.0
// .fvecs: each row an i32 dimension and that many f32.
#include <fmt/format.h>

#include <cstring>

#include "engine/formats/rows.h"

namespace vexfs::formats {
namespace {

class FvecsReader final : public FixedRowReader {
  public:
    using FixedRowReader::FixedRowReader;

  protected:
    Result<void> decode(std::span<const std::byte> raw, uint64_t row,
                        std::span<float> values) const override {
        int32_t found = 0;
        std::memcpy(&found, raw.data(), sizeof found);
        if (found != static_cast<int64_t>(dimension())) {
            return fail(
                ErrorCode::malformed,
                fmt::format("{}: row {} (counted from 0) has dimension {}, the rows before it have {}",
                            path(), row, found, dimension()));
        }
        std::memcpy(values.data(), raw.data() + sizeof found, values.size_bytes());
        return {};
    }
};

class FvecsWriter final : public RowWriter {
  public:
    using RowWriter::RowWriter;

  protected:
    Result<void> write_rows(const VectorBlock& block) override {
        const auto head = static_cast<int32_t>(dimension());
        for (size_t row = 0; row < block.rows; ++row) {
            VEXFS_TRY(file().append(std::as_bytes(std::span(&head, 1))));
            VEXFS_TRY(file().append(
                std::as_bytes(std::span(block.vectors).subspan(row * dimension(), dimension()))));
        }
        return {};
    }
};

}  // namespace

Result<std::unique_ptr<VectorReader>> open_fvecs(InputFile file) {
    int32_t dimension = 0;
    VEXFS_TRY(file.read_exactly(0, std::as_writable_bytes(std::span(&dimension, 1))));
    if (dimension < 0) {
        return fail(ErrorCode::malformed,
                    fmt::format("{}: its first row has dimension {}", file.path(), dimension));
    }
    VEXFS_TRY(check_dimension(file.path(), static_cast<uint64_t>(dimension)));
    const size_t row_bytes = sizeof(int32_t) + static_cast<size_t>(dimension) * sizeof(float);
    if (file.size() % row_bytes != 0) {
        return fail(
            ErrorCode::malformed,
            fmt::format("{}: {} rows of dimension {} make {} bytes, {} rows make {}, the file has {}",
                        file.path(), file.size() / row_bytes, dimension, file.size() / row_bytes * row_bytes,
                        file.size() / row_bytes + 1, (file.size() / row_bytes + 1) * row_bytes, file.size()),
            "the file is truncated, or its rows differ in dimension");
    }
    const RowLayout layout{.data_offset = 0,
                           .rows = file.size() / row_bytes,
                           .dimension = static_cast<uint32_t>(dimension),
                           .row_bytes = row_bytes};
    return std::make_unique<FvecsReader>(std::move(file), layout);
}

Result<std::unique_ptr<VectorWriter>> create_fvecs(OutputFile file, uint32_t dimension) {
    return std::make_unique<FvecsWriter>(std::move(file), dimension);
}

}  // namespace vexfs::formats
