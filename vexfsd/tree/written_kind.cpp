// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/written_kind.h"

#include <algorithm>

namespace vexfs {
namespace {

// So many bytes of random floats are never text.
constexpr size_t looked_at_bytes = 64;
constexpr std::string_view magic = "VXF2";
constexpr std::string_view blanks = " \t\r\n";

bool is_text(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || blanks.find(c) != std::string_view::npos;
}

bool begins_json(std::string_view text) {
    const size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return false;
    const std::string_view follows = text[first] == '{' ? "\"}" : text[first] == '[' ? "-0123456789]" : "";
    if (follows.empty()) return false;
    const size_t next = text.find_first_not_of(blanks, first + 1);
    if (next != std::string_view::npos && follows.find(text[next]) == std::string_view::npos) return false;
    return std::ranges::all_of(text, is_text);
}

}  // namespace

std::optional<WrittenKind> written_kind(std::string_view beginning, bool ended) {
    if (beginning.empty()) return std::nullopt;
    const std::string_view text = beginning.substr(0, looked_at_bytes);
    if (text.starts_with(magic)) return WrittenKind::frames;
    if (magic.starts_with(text) && !ended) return std::nullopt;
    if (!begins_json(text)) {
        const bool blank = text.find_first_not_of(blanks) == std::string_view::npos;
        return blank && !ended && text.size() < looked_at_bytes ? std::nullopt
                                                                : std::optional(WrittenKind::rows);
    }
    const bool seen = text.size() == looked_at_bytes || text.find('\n') != std::string_view::npos;
    return seen || ended ? std::optional(WrittenKind::lines) : std::nullopt;
}

}  // namespace vexfs
