// SPDX-License-Identifier: Apache-2.0
// Text for terminals and scripts: escaping, width in columns, numbers for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vexfs::ctl {

// Control characters (C0, DEL, C1), the marks that reorder text and bytes that are no UTF-8, all as \xHH or
// \u{HHHH}: what a terminal gets can't steer it.
std::string escape_for_terminal(std::string_view text);
// The same, and tab, newline, carriage return and backslash as \t \n \r \\: one field of a tab-separated
// line.
std::string escape_field(std::string_view text);

// Columns that escaped text takes. Needs LC_CTYPE to be a UTF-8 locale for wide characters.
size_t display_width(std::string_view text);
// Cut to `columns` at most, the last one "…" where something was cut.
std::string fit(std::string_view text, size_t columns);

std::string human_bytes(uint64_t bytes);     // "1.5 GiB"
std::string human_duration(double seconds);  // "2:05", "1:02:05"
std::string human_count(uint64_t count);     // "1,234,567"

}  // namespace vexfs::ctl
