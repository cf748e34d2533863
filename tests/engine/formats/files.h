// SPDX-License-Identifier: Apache-2.0
// Files for the tests of this room, in a directory that goes with the test.
#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/formats/vector_file.h"

namespace vexfs::test {

class Directory {
  public:
    Directory() {
        std::string name = (std::filesystem::temp_directory_path() / "vexfs-formats-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }
    // Writes a file and gives its path.
    std::string file(const std::string& name, std::string_view bytes) const {
        std::ofstream(path_ / name, std::ios::binary) << bytes;
        return *this / name;
    }

  private:
    std::filesystem::path path_;
};

inline std::string bytes_of_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// The bytes of values one after another.
template <class... Values>
std::string bytes(Values... values) {
    std::string all;
    const auto append = [&](auto value) { all.append(reinterpret_cast<const char*>(&value), sizeof value); };
    (append(values), ...);
    return all;
}

// A .npy file of format 1.0 whose header is `dict`.
inline std::string npy(std::string dict, std::string_view data) {
    while ((10 + dict.size() + 1) % 64 != 0) dict += ' ';
    dict += '\n';
    return std::string("\x93NUMPY\x01\x00", 8) + bytes(static_cast<uint16_t>(dict.size())) + dict +
           std::string(data);
}
inline std::string npy(const std::string& descr, const std::string& shape, std::string_view data) {
    return npy("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }", data);
}

// All of a file, or the error that stopped it.
inline Result<VectorBlock> read_all(const std::string& path, size_t rows_max = 3) {
    VEXFS_ASSIGN(auto reader, VectorReader::open(path));
    VectorBlock all;
    while (true) {
        VEXFS_ASSIGN(VectorBlock block, reader->read(rows_max));
        if (block.rows == 0) return all;
        all.vectors.insert(all.vectors.end(), block.vectors.begin(), block.vectors.end());
        all.ids.insert(all.ids.end(), block.ids.begin(), block.ids.end());
        if (!block.metadata.empty()) all.metadata.resize(all.rows);
        all.metadata.insert(all.metadata.end(), block.metadata.begin(), block.metadata.end());
        all.rows += block.rows;
        if (!all.metadata.empty()) all.metadata.resize(all.rows);
    }
}

inline Error error_of(const std::string& path) {
    const auto result = read_all(path);
    INFO(path);
    REQUIRE_FALSE(result.has_value());
    return result.error();
}

inline auto says(const std::string& text) {
    return Catch::Matchers::Contains(text);
}

}  // namespace vexfs::test
