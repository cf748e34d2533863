// SPDX-License-Identifier: Apache-2.0
// Files of vectors: readers and writers that stream, a block of rows at a time.
//
//   .npy     NumPy format 1.0 to 3.0, '<f4' '<f8' '<f2' (and ids '<u8' '<i8' '<u4' '<i4'), C order, 1 or 2
//   dimensions
//            (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html)
//   .fvecs   per row: i32 dimension, f32 x dimension (http://corpus-texmex.irisa.fr)
//   .fbin    u32 rows, u32 dimension, f32 x rows x dimension (big-ann-benchmarks.com)
//   .jsonl   a JSON object per line: {"vector":[...],"id":7,"metadata":{...}}, id and metadata optional; a
//   line that is an array is
//            a vector alone
//
// All integers and floats little-endian. Readers check the header against the file's size before they take
// memory, and every error names file and row, line or offset.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace vexfs {

enum class VectorFormat { npy, fvecs, fbin, jsonl };

// By the file's name; invalid_argument names the known ones.
Result<VectorFormat> format_from_path(const std::string& path);

struct VectorBlock {
    std::vector<float> vectors;         // [rows, dimension]
    std::vector<uint64_t> ids;          // [rows], or empty where the file has none
    std::vector<std::string> metadata;  // [rows] JSON objects, or empty where the file has none
    size_t rows = 0;
};

class VectorReader {
  public:
    virtual ~VectorReader() = default;
    static Result<std::unique_ptr<VectorReader>> open(const std::string& path);

    virtual uint32_t dimension() const = 0;
    virtual std::optional<uint64_t> rows() const = 0;  // none where only reading tells (.jsonl)
    // The next rows, `rows_max` at most; none at the end.
    virtual Result<VectorBlock> read(size_t rows_max) = 0;
    // Passes over rows, as far as the file goes; returns how many.
    virtual Result<uint64_t> skip(uint64_t rows) = 0;
};

class VectorWriter {
  public:
    virtual ~VectorWriter() = default;
    // Writes PATH.part and renames it at finish(); without one the part file is removed.
    static Result<std::unique_ptr<VectorWriter>> create(const std::string& path, uint32_t dimension);

    virtual Result<void> write(const VectorBlock& block) = 0;
    virtual Result<void> finish() = 0;
};

// A one- or two-dimensional .npy of whole numbers: ids, ground truth. shape [n] or [n, k].
struct IntegerArray {
    std::vector<int64_t> values;
    std::vector<size_t> shape;
};
Result<IntegerArray> read_npy_integers(const std::string& path);
Result<void> write_npy_integers(const std::string& path, const IntegerArray& array);  // as '<i8'

// Lines of a file one at a time; checks that each is a JSON object and keeps its text.
class JsonLines {
  public:
    static Result<std::unique_ptr<JsonLines>> open(const std::string& path);
    ~JsonLines();
    Result<std::optional<std::string>> next();  // none at the end; blank lines are ""
    uint64_t line() const;                      // of the line that next() gave, from 1

  private:
    struct State;
    explicit JsonLines(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// XXH3-64 of a whole file's bytes: names an import's source. Never 0.
Result<uint64_t> hash_file(const std::string& path);

}  // namespace vexfs
