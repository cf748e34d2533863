// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/written_kind.h"

#include "vexfsd/requests/message.h"

namespace vexfs {
namespace {

// So many bytes of random floats are never text.
constexpr size_t looked_at_bytes = 64;

bool is_plain(unsigned char byte) {
    return byte >= 0x20 ? byte != 0x7f : json_blanks.find(static_cast<char>(byte)) != std::string_view::npos;
}

// UTF-8 without control characters; it may be cut off.
bool is_text(std::string_view text) {
    int more = 0;  // bytes of the character
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (more > 0) {
            if ((byte & 0xc0) != 0x80) return false;
            --more;
        } else if (byte < 0x80) {
            if (!is_plain(byte)) return false;
        } else if ((byte & 0xe0) == 0xc0) {
            more = 1;
        } else if ((byte & 0xf0) == 0xe0) {
            more = 2;
        } else if ((byte & 0xf8) == 0xf0) {
            more = 3;
        } else {
            return false;
        }
    }
    return true;
}

bool begins_json(std::string_view text) {
    const size_t first = text.find_first_not_of(json_blanks);
    if (first == std::string_view::npos) return false;
    const std::string_view follows = text[first] == '{' ? "\"}" : text[first] == '[' ? "-0123456789]" : "";
    if (follows.empty()) return false;
    const size_t next = text.find_first_not_of(json_blanks, first + 1);
    if (next != std::string_view::npos && follows.find(text[next]) == std::string_view::npos) return false;
    return is_text(text);
}

}  // namespace

std::optional<WrittenKind> written_kind(std::string_view beginning, bool ended) {
    if (beginning.empty()) return std::nullopt;
    const std::string_view text = beginning.substr(0, looked_at_bytes);
    if (text.starts_with(frame_magic)) return WrittenKind::frames;
    if (frame_magic.starts_with(text) && !ended) return std::nullopt;
    if (!begins_json(text)) {
        const bool blank = text.find_first_not_of(json_blanks) == std::string_view::npos;
        return blank && !ended && text.size() < looked_at_bytes ? std::nullopt
                                                                : std::optional(WrittenKind::rows);
    }
    const bool seen = text.size() == looked_at_bytes || text.find('\n') != std::string_view::npos;
    return seen || ended ? std::optional(WrittenKind::lines) : std::nullopt;
}

}  // namespace vexfs
