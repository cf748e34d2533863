// SPDX-License-Identifier: Apache-2.0
// What the formats have in common: checks of dimension and values, readers of rows of a fixed size, and
// writers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/formats/file.h"
#include "engine/formats/vector_file.h"

namespace vexfs::formats {

// 1 to dimension_max, else malformed or too_large. To be asked before any memory is taken for rows.
Result<void> check_dimension(const std::string& path, uint64_t dimension);

// not_finite, naming row and column, for the first NaN or infinity of values [rows, dimension]; its first row
// is the file's row `first_row`.
Result<void> check_finite(const std::string& path, std::span<const float> values, uint32_t dimension,
                          uint64_t first_row);

// malformed unless the file is exactly as long as its header says.
Result<void> check_size(const InputFile& file, uint64_t expected_bytes);

struct RowLayout {
    uint64_t data_offset = 0;
    uint64_t rows = 0;
    uint32_t dimension = 0;
    size_t row_bytes = 0;
};

// Reads rows of row_bytes each from data_offset on; a format adds how a row's bytes become floats.
class FixedRowReader : public VectorReader {
  public:
    FixedRowReader(InputFile file, RowLayout layout) : file_(std::move(file)), layout_(layout) {}

    uint32_t dimension() const final { return layout_.dimension; }
    std::optional<uint64_t> rows() const final { return layout_.rows; }
    Result<VectorBlock> read(size_t rows_max) final;
    Result<uint64_t> skip(uint64_t rows) final;

  protected:
    // raw: one row; `row` is its number in the file.
    virtual Result<void> decode(std::span<const std::byte> raw, uint64_t row,
                                std::span<float> values) const = 0;
    const std::string& path() const { return file_.path(); }

  private:
    InputFile file_;
    RowLayout layout_;
    uint64_t next_row_ = 0;
};

// Checks blocks and counts rows; a format adds how rows are written and what stands at the head.
class RowWriter : public VectorWriter {
  public:
    RowWriter(OutputFile file, uint32_t dimension) : file_(std::move(file)), dimension_(dimension) {}

    Result<void> write(const VectorBlock& block) final;
    Result<void> finish() final;

  protected:
    virtual Result<void> write_rows(const VectorBlock& block) = 0;
    virtual Result<void> complete() { return {}; }  // before the rename: what only the end knows
    OutputFile& file() { return file_; }
    uint32_t dimension() const { return dimension_; }
    uint64_t rows() const { return rows_; }

  private:
    OutputFile file_;
    uint32_t dimension_;
    uint64_t rows_ = 0;
};

Result<std::unique_ptr<VectorReader>> open_npy(InputFile file);
Result<std::unique_ptr<VectorReader>> open_fvecs(InputFile file);
Result<std::unique_ptr<VectorReader>> open_fbin(InputFile file);
Result<std::unique_ptr<VectorReader>> open_jsonl(InputFile file);

Result<std::unique_ptr<VectorWriter>> create_npy(OutputFile file, uint32_t dimension);
Result<std::unique_ptr<VectorWriter>> create_fvecs(OutputFile file, uint32_t dimension);
Result<std::unique_ptr<VectorWriter>> create_fbin(OutputFile file, uint32_t dimension);
Result<std::unique_ptr<VectorWriter>> create_jsonl(OutputFile file, uint32_t dimension);

}  // namespace vexfs::formats
