// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets have in common. A target is a libFuzzer program
// (https://llvm.org/docs/LibFuzzer.html) of one file: TARGET.cpp, with its first inputs in seeds_TARGET.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// Of libFuzzer: changes data in place and returns its new size.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace vexfs::fuzz {

// Ends the program as a crash where something that must hold does not.
void require(bool holds, const char* what);

// A file or directory in memory, for readers that want a path. Its name lasts as long as the process.
class Scratch {
  public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    std::string operator/(std::string_view name) const { return directory_ + "/" + std::string(name); }
    // Replaces the file of that name; returns its path.
    std::string write(std::string_view name, std::span<const uint8_t> content) const;
    std::string read(std::string_view name) const;

  private:
    std::string directory_;
};

// Puts the XXH3-64 of all before it into the last eight bytes.
void renew_last_checksum(std::span<uint8_t> file);

// What stands for text in an input.
inline std::string_view text_of(std::span<const uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace vexfs::fuzz
