// SPDX-License-Identifier: Apache-2.0
// .fbin: u32 rows, u32 dimension, then the f32 of all rows.
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <limits>

#include "engine/formats/rows.h"

namespace vexfs::formats {
namespace {

constexpr size_t head_bytes = 2 * sizeof(uint32_t);

class FbinReader final : public FixedRowReader {
  public:
    using FixedRowReader::FixedRowReader;

  protected:
    Result<void> decode(std::span<const std::byte> raw, uint64_t, std::span<float> values) const override {
        std::memcpy(values.data(), raw.data(), raw.size());
        return {};
    }
};

class FbinWriter final : public RowWriter {
  public:
    using RowWriter::RowWriter;

  protected:
    Result<void> write_rows(const VectorBlock& block) override {
        constexpr uint64_t rows_max = std::numeric_limits<uint32_t>::max();
        if (block.rows > rows_max - rows()) {
            return fail(ErrorCode::too_large,
                        fmt::format("{}: a .fbin file holds {} rows at most", file().path(), rows_max),
                        "write .npy or .fvecs instead");
        }
        return file().append(std::as_bytes(std::span(block.vectors)));
    }
    Result<void> complete() override {
        const std::array head{static_cast<uint32_t>(rows()), dimension()};
        return file().patch(0, std::as_bytes(std::span(head)));
    }
};

}  // namespace

Result<std::unique_ptr<VectorReader>> open_fbin(InputFile file) {
    std::array<uint32_t, 2> head{};
    VEXFS_TRY(file.read_exactly(0, std::as_writable_bytes(std::span(head))));
    const auto [rows, dimension] = head;
    VEXFS_TRY(check_dimension(file.path(), dimension));
    const size_t row_bytes = size_t{dimension} * sizeof(float);
    VEXFS_TRY(check_size(file, head_bytes + rows * row_bytes));
    const RowLayout layout{
        .data_offset = head_bytes, .rows = rows, .dimension = dimension, .row_bytes = row_bytes};
    return std::make_unique<FbinReader>(std::move(file), layout);
}

Result<std::unique_ptr<VectorWriter>> create_fbin(OutputFile file, uint32_t dimension) {
    VEXFS_TRY(file.append(std::string(head_bytes, '\0')));  // their place; the rows are known at the end
    return std::make_unique<FbinWriter>(std::move(file), dimension);
}

}  // namespace vexfs::formats
