// SPDX-License-Identifier: Apache-2.0
// What a program writes, by how it begins.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace vexfs {

// Between and after values of JSON.
inline constexpr std::string_view json_blanks = " \t\r\n";

enum class WrittenKind { frames, lines, rows };

// Frames begin with VXF2. Lines of JSON begin with { or [ and what may follow there, and hold only text. All
// else are rows of raw f32. None where more must be seen; `ended` says that there is no more.
std::optional<WrittenKind> written_kind(std::string_view beginning, bool ended);

}  // namespace vexfs
