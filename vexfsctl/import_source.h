// SPDX-License-Identifier: Apache-2.0
// What an import reads: a file of vectors, and files of ids and metadata that go with it, row by row.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/formats/vector_file.h"

namespace vexfs::ctl {

struct ImportFiles {
    std::string vectors, ids, metadata;  // the latter two may be ""
};

// XXH3-64 over the content of all files, mixed: the same files are the same import, wherever they lie. Not 0.
Result<uint64_t> import_key(const ImportFiles& files);

class ImportSource {
  public:
    // Fails where the files contradict each other as far as that can be told before reading: another number
    // of ids or of metadata lines than of rows.
    static Result<ImportSource> open(const ImportFiles& files);

    uint32_t dimension() const { return reader_->dimension(); }
    std::optional<uint64_t> rows() const { return reader_->rows(); }
    uint64_t position() const { return position_; }  // the row that comes next

    Result<void> skip(uint64_t rows);
    // The next rows with their ids and metadata; none at the end. not_finite names the row in the file.
    Result<VectorBlock> read(size_t rows_max);

  private:
    Result<void> add_ids(VectorBlock& block);
    Result<void> add_metadata(VectorBlock& block);
    Result<void> check_end();

    ImportFiles files_;
    std::unique_ptr<VectorReader> reader_;
    std::optional<IntegerArray> ids_;
    std::unique_ptr<JsonLines> metadata_;
    uint64_t position_ = 0;
};

}  // namespace vexfs::ctl
