// SPDX-License-Identifier: Apache-2.0
// Lines of a file, and JSON in them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/file.h"

namespace vexfs::formats {

inline constexpr size_t line_bytes_max = size_t{64} << 20;
inline constexpr size_t json_depth_max = 100;  // of objects and arrays within each other

class LineReader {
  public:
    explicit LineReader(InputFile file) : file_(std::move(file)) {}

    // The next line without its "\n" or "\r\n", valid until the next call; none at the end.
    Result<std::optional<std::string_view>> next();
    uint64_t line() const { return line_; }  // of the line that next() gave, from 1
    const std::string& path() const { return file_.path(); }

  private:
    tl::unexpected<Error> too_long() const;

    InputFile file_;
    std::vector<std::byte> buffer_;
    size_t begin_ = 0, end_ = 0;  // of what is read and not yet given, in buffer_
    uint64_t offset_ = 0;         // in the file, of what is read next
    uint64_t line_ = 0;
};

// At most some 200 bytes of UTF-8 text, for messages.
std::string shortened(std::string_view text);

bool is_blank(std::string_view line);

// What the parser found wrong at a column (from 1) of a line: malformed, or not_finite for a number beyond a
// double.
Error json_error(const std::string& path, uint64_t line, size_t column,
                 const nlohmann::json::exception& error);

// malformed or too_large unless the line is a JSON object not deeper than json_depth_max. Takes no memory.
Result<void> check_object_line(const std::string& path, uint64_t line, std::string_view text);

}  // namespace vexfs::formats
