// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/text.h"

#include <fmt/format.h>
#include <wchar.h>

#include <algorithm>
#include <array>

namespace vexfs::ctl {
namespace {

struct Decoded {
    char32_t code_point = 0;
    size_t bytes = 0;  // 0 where these bytes are no UTF-8
};

Decoded decode(std::string_view text) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return {first, 1};
    const size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return {};
    char32_t code_point = first & (0x7fu >> bytes);
    for (size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        code_point = code_point << 6 | (byte(i) & 0x3fu);
    }
    constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
    if (code_point < least[bytes] || code_point > 0x10ffff || surrogate) return {};
    return {code_point, bytes};
}

bool steers_terminal(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

std::string escape(std::string_view text, bool field) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Decoded c = decode(text);
        if (c.bytes == 0) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
            text.remove_prefix(1);
            continue;
        }
        if (field && c.code_point == '\\') {
            out += "\\\\";
        } else if (c.code_point == '\t' || c.code_point == '\n' || c.code_point == '\r') {
            out += c.code_point == '\t' ? "\\t" : c.code_point == '\n' ? "\\n" : "\\r";
        } else if (steers_terminal(c.code_point)) {
            out += c.code_point < 0x80 ? fmt::format("\\x{:02x}", static_cast<uint32_t>(c.code_point))
                                       : fmt::format("\\u{{{:04x}}}", static_cast<uint32_t>(c.code_point));
        } else {
            out += text.substr(0, c.bytes);
        }
        text.remove_prefix(c.bytes);
    }
    return out;
}

size_t width_of(char32_t code_point) {
    const int width = ::wcwidth(static_cast<wchar_t>(code_point));
    return width < 0 ? 1 : static_cast<size_t>(width);
}

}  // namespace

std::string escape_for_terminal(std::string_view text) {
    return escape(text, false);
}

std::string escape_field(std::string_view text) {
    return escape(text, true);
}

size_t display_width(std::string_view text) {
    size_t columns = 0;
    while (!text.empty()) {
        const Decoded c = decode(text);
        columns += c.bytes == 0 ? 1 : width_of(c.code_point);
        text.remove_prefix(std::max<size_t>(c.bytes, 1));
    }
    return columns;
}

std::string fit(std::string_view text, size_t columns) {
    if (display_width(text) <= columns) return std::string(text);
    if (columns == 0) return {};
    size_t used = 0;
    size_t end = 0;
    while (end < text.size()) {
        const Decoded c = decode(text.substr(end));
        const size_t width = c.bytes == 0 ? 1 : width_of(c.code_point);
        if (used + width > columns - 1) break;
        used += width;
        end += std::max<size_t>(c.bytes, 1);
    }
    return std::string(text.substr(0, end)) + "…";
}

std::string human_bytes(uint64_t bytes) {
    if (bytes < 1024) return fmt::format("{} B", bytes);
    constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = static_cast<double>(bytes) / 1024;
    size_t unit = 0;
    while (value >= 1023.95 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string human_duration(double seconds) {
    const auto total = static_cast<uint64_t>(std::max(seconds, 0.0) + 0.5);
    if (total >= 3600) return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
    return fmt::format("{}:{:02}", total / 60, total % 60);
}

std::string human_count(uint64_t count) {
    std::string digits = std::to_string(count);
    for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
    return digits;
}

}  // namespace vexfs::ctl
