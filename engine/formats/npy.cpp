// SPDX-License-Identifier: Apache-2.0
// .npy files of vectors, and of whole numbers.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "engine/base/float16.h"
#include "engine/formats/npy_header.h"
#include "engine/formats/rows.h"

namespace vexfs {
namespace formats {
namespace {

constexpr std::array float_types{
    NpyType{"<f4", "float32", 4},
    NpyType{"<f8", "float64", 8},
    NpyType{"<f2", "float16", 2},
};

template <class T>
T load(const std::byte* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

class NpyReader final : public FixedRowReader {
  public:
    NpyReader(InputFile file, RowLayout layout, size_t value_bytes)
        : FixedRowReader(std::move(file), layout), value_bytes_(value_bytes) {}

  protected:
    Result<void> decode(std::span<const std::byte> raw, uint64_t, std::span<float> values) const override {
        switch (value_bytes_) {
            case 4: std::memcpy(values.data(), raw.data(), raw.size()); break;
            case 8:
                for (size_t i = 0; i < values.size(); ++i) {
                    values[i] = static_cast<float>(load<double>(raw.data() + 8 * i));
                }
                break;
            default:
                for (size_t i = 0; i < values.size(); ++i) {
                    values[i] = float_from_half(load<uint16_t>(raw.data() + 2 * i));
                }
        }
        return {};
    }

  private:
    size_t value_bytes_;
};

class NpyWriter final : public RowWriter {
  public:
    using RowWriter::RowWriter;

  protected:
    Result<void> write_rows(const VectorBlock& block) override {
        return file().append(std::as_bytes(std::span(block.vectors)));
    }
    Result<void> complete() override {
        const std::array<uint64_t, 2> shape{rows(), dimension()};
        const std::string header = make_npy_header("<f4", shape);
        return file().patch(0, std::as_bytes(std::span(header)));
    }
};

}  // namespace

Result<std::unique_ptr<VectorReader>> open_npy(InputFile file) {
    NpyType type;
    VEXFS_ASSIGN(const NpyHeader header, read_npy_header(file, float_types, type));
    VEXFS_TRY(check_dimension(file.path(), header.columns()));
    const RowLayout layout{.data_offset = header.data_offset,
                           .rows = header.rows(),
                           .dimension = static_cast<uint32_t>(header.columns()),
                           .row_bytes = header.columns() * type.bytes};
    return std::make_unique<NpyReader>(std::move(file), layout, type.bytes);
}

Result<std::unique_ptr<VectorWriter>> create_npy(OutputFile file, uint32_t dimension) {
    VEXFS_TRY(file.append(std::string(npy_header_bytes, ' ')));  // its place; the rows are known at the end
    return std::make_unique<NpyWriter>(std::move(file), dimension);
}

}  // namespace formats

namespace {

using formats::NpyType;

constexpr std::array integer_types{
    NpyType{"<i8", "int64", 8},
    NpyType{"<u8", "uint64", 8},
    NpyType{"<i4", "int32", 4},
    NpyType{"<u4", "uint32", 4},
};

int64_t integer_at(const std::byte* bytes, const NpyType& type) {
    if (type.bytes == 8) return formats::load<int64_t>(bytes);
    if (type.descr == "<i4") return formats::load<int32_t>(bytes);
    return formats::load<uint32_t>(bytes);
}

}  // namespace

Result<IntegerArray> read_npy_integers(const std::string& path) {
    VEXFS_ASSIGN(const auto file, formats::InputFile::open(path));
    NpyType type;
    VEXFS_ASSIGN(const auto header, formats::read_npy_header(file, integer_types, type));
    IntegerArray array;
    array.shape.assign(header.shape.begin(), header.shape.end());
    array.values.resize(header.rows() * header.columns());
    std::vector<std::byte> raw(std::min(array.values.size() * type.bytes, formats::buffer_bytes));
    const size_t per_chunk = formats::buffer_bytes / type.bytes;
    for (size_t done = 0; done < array.values.size(); done += per_chunk) {
        const size_t count = std::min(per_chunk, array.values.size() - done);
        VEXFS_TRY(file.read_exactly(header.data_offset + done * type.bytes,
                                    std::span(raw).first(count * type.bytes)));
        for (size_t i = 0; i < count; ++i) {
            const int64_t value = integer_at(raw.data() + i * type.bytes, type);
            if (type.descr == "<u8" && value < 0) {
                return fail(
                    ErrorCode::too_large,
                    fmt::format("{}: value {} (counted from 0) is {}, the highest is {}", path, done + i,
                                static_cast<uint64_t>(value), std::numeric_limits<int64_t>::max()));
            }
            array.values[done + i] = value;
        }
    }
    return array;
}

Result<void> write_npy_integers(const std::string& path, const IntegerArray& array) {
    if (array.shape.empty() || array.shape.size() > 2) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{}: an array of {} dimensions can't be written, known are 1 and 2", path,
                                array.shape.size()));
    }
    VEXFS_ASSIGN(auto file, formats::OutputFile::create(path));
    const std::vector<uint64_t> shape(array.shape.begin(), array.shape.end());
    VEXFS_TRY(file.append(formats::make_npy_header("<i8", shape)));
    VEXFS_TRY(file.append(std::as_bytes(std::span(array.values))));
    return file.commit();
}

}  // namespace vexfs
