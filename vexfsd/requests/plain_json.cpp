// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/plain_json.h"

#include <charconv>
#include <cstdint>
#include <utility>

namespace vexfs {
namespace {

using json = nlohmann::json;

constexpr int depth_max = 8;
constexpr size_t digits_max = 18;  // fit 64 bits, whatever they are

bool is_plain(char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

class Reader {
  public:
    explicit Reader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    bool document(json& into) {
        blanks();
        if (!take('{') || !object(into, 1)) return false;
        blanks();
        return at_ == end_;
    }

  private:
    bool take(char c) {
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    void blanks() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    }
    bool take(std::string_view word) {
        if (!std::string_view(at_, end_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    // Behind its brace.
    bool object(json& into, int depth) {
        into = json::object();
        auto& fields = into.get_ref<json::object_t&>();
        blanks();
        if (take('}')) return true;
        do {
            std::string key;
            blanks();
            if (!take('"') || !string(key)) return false;
            blanks();
            if (!take(':')) return false;
            const auto place = fields.emplace(std::move(key), nullptr);
            if (!place.second || !value(place.first->second, depth)) return false;
        } while (take(','));
        return take('}');
    }
    // Behind its bracket.
    bool array(json& into, int depth) {
        into = json::array();
        auto& items = into.get_ref<json::array_t&>();
        blanks();
        if (take(']')) return true;
        do {
            if (!value(items.emplace_back(), depth)) return false;
        } while (take(','));
        return take(']');
    }
    // With the blanks around it.
    bool value(json& into, int depth) {
        blanks();
        const bool taken = bare_value(into, depth);
        blanks();
        return taken;
    }
    bool bare_value(json& into, int depth) {
        if (at_ == end_) return false;
        if (is_digit(*at_)) return number(into);
        switch (*at_++) {
            case '"': into = std::string(); return string(into.get_ref<std::string&>());
            case '{': return depth < depth_max && object(into, depth + 1);
            case '[': return depth < depth_max && array(into, depth + 1);
            case 't': into = true; return take("rue");
            case 'f': into = false; return take("alse");
            case 'n': return take("ull");
            default: return false;
        }
    }
    // Behind its first quote.
    bool string(std::string& into) {
        const char* const begin = at_;
        while (at_ != end_ && is_plain(*at_)) ++at_;
        into.assign(begin, at_);
        return take('"');
    }
    bool number(json& into) {
        const char* const begin = at_;
        uint64_t number = 0;
        for (; at_ != end_ && is_digit(*at_); ++at_) {
            if (static_cast<size_t>(at_ - begin) == digits_max) return false;
            number = 10 * number + static_cast<uint64_t>(*at_ - '0');
        }
        into = number;
        return *begin != '0' || at_ - begin == 1;
    }

    const char* at_;
    const char* const end_;
};

bool write_string(const std::string& string, std::string& text) {
    for (const char c : string)
        if (!is_plain(c)) return false;
    text += '"';
    text += string;
    text += '"';
    return true;
}

template <class Number>
bool write_number(Number number, std::string& text) {
    char digits[24];
    text.append(digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr);
    return true;
}

bool write_object(const json::object_t& fields, std::string& text) {
    text += '{';
    const char* between = "";
    for (const auto& field : fields) {
        text += std::exchange(between, ",");
        if (!write_string(field.first, text)) return false;
        text += ':';
        if (!write_plain(field.second, text)) return false;
    }
    text += '}';
    return true;
}

bool write_array(const json::array_t& items, std::string& text) {
    text += '[';
    const char* between = "";
    for (const json& item : items) {
        text += std::exchange(between, ",");
        if (!write_plain(item, text)) return false;
    }
    text += ']';
    return true;
}

}  // namespace

std::optional<json> read_plain(std::string_view text) {
    std::optional<json> document(std::in_place);
    if (!Reader(text).document(*document)) document.reset();
    return document;
}

bool write_plain(const json& value, std::string& text) {
    switch (value.type()) {
        case json::value_t::object: return write_object(value.get_ref<const json::object_t&>(), text);
        case json::value_t::array: return write_array(value.get_ref<const json::array_t&>(), text);
        case json::value_t::string: return write_string(value.get_ref<const std::string&>(), text);
        case json::value_t::number_unsigned: return write_number(value.get_ref<const uint64_t&>(), text);
        case json::value_t::number_integer: return write_number(value.get_ref<const int64_t&>(), text);
        case json::value_t::boolean: text += value.get_ref<const bool&>() ? "true" : "false"; return true;
        case json::value_t::null: text += "null"; return true;
        default: return false;
    }
}

}  // namespace vexfs
