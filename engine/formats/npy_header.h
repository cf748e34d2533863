// SPDX-License-Identifier: Apache-2.0
// The head of a .npy file: magic, version and a Python dict literal
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/file.h"

namespace vexfs::formats {

struct NpyHeader {
    std::string descr;            // "<f4"
    std::vector<uint64_t> shape;  // one or two
    uint64_t data_offset = 0;

    uint64_t rows() const { return shape.size() == 1 ? 1 : shape[0]; }
    uint64_t columns() const { return shape.back(); }
};

struct NpyType {
    std::string_view descr;
    std::string_view name;
    size_t bytes;
};

// Reads and checks the header: C order, one or two dimensions, one of `types`, and a file that is as long as
// all that says. The type found goes to `type`.
Result<NpyHeader> read_npy_header(const InputFile& file, std::span<const NpyType> types, NpyType& type);

// A version 1.0 header of npy_header_bytes, whatever the shape.
inline constexpr size_t npy_header_bytes = 128;
std::string make_npy_header(std::string_view descr, std::span<const uint64_t> shape);

}  // namespace vexfs::formats
