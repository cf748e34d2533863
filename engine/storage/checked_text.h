// SPDX-License-Identifier: Apache-2.0
// A small file of two lines of text, replaced as a whole:
//
//   <heading> <version> <XXH3-64 of the second line, 16 hexadecimal digits>
//   JSON
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/storage/disk.h"

namespace vexfs {

struct TextFormat {
    std::string_view heading;  // "vexfs-snapshot"
    uint32_t version;
};

inline constexpr size_t checked_text_bytes_max = size_t{64} << 20;

std::string to_checked_text(const TextFormat& format, const nlohmann::json& value);
// corrupt for a damaged text, unsupported for one of another version; `path` is for the message.
Result<nlohmann::json> from_checked_text(const TextFormat& format, const std::string& path,
                                         std::string_view text);

}  // namespace vexfs
