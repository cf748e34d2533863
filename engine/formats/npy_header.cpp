// SPDX-License-Identifier: Apache-2.0
#include "engine/formats/npy_header.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cstring>
#include <optional>

#include "engine/formats/rows.h"

namespace vexfs::formats {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr uint32_t header_text_bytes_max = 65'536;

struct Dict {
    std::optional<std::string> descr;
    bool structured = false;  // descr is a list of fields
    std::optional<bool> fortran_order;
    std::optional<std::vector<uint64_t>> shape;
};

// Takes exactly what NumPy writes: a dict literal of the three keys in any order.
class DictParser {
  public:
    explicit DictParser(std::string_view text) : text_(text) {}

    // None where the text is no such dict.
    std::optional<Dict> parse() {
        Dict dict;
        if (!take('{')) return {};
        while (!take('}')) {
            std::string key;
            if (!take_string(key) || !take(':') || !take_value(key, dict)) return {};
            if (dict.structured) return dict;
            if (!take(',')) {
                if (!take('}')) return {};
                break;
            }
        }
        skip_spaces();
        if (position_ != text_.size()) return {};
        if (!dict.descr || !dict.fortran_order || !dict.shape) return {};
        return dict;
    }

  private:
    void skip_spaces() {
        while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n')) ++position_;
    }
    bool next_is(char c) {
        skip_spaces();
        return position_ < text_.size() && text_[position_] == c;
    }
    bool take(char c) {
        if (!next_is(c)) return false;
        ++position_;
        return true;
    }
    bool take_word(std::string_view word) {
        skip_spaces();
        if (!text_.substr(position_).starts_with(word)) return false;
        position_ += word.size();
        return true;
    }
    bool take_string(std::string& value) {
        const char quote = next_is('"') ? '"' : '\'';
        if (!take(quote)) return false;
        const size_t end = text_.find(quote, position_);
        if (end == std::string_view::npos) return false;
        value = text_.substr(position_, end - position_);
        position_ = end + 1;
        return value.find('\\') == std::string::npos;
    }
    bool take_value(std::string_view key, Dict& dict) {
        if (key == "descr" && !dict.descr) {
            dict.structured = next_is('[');
            return dict.structured || take_string(dict.descr.emplace());
        }
        if (key == "fortran_order" && !dict.fortran_order) {
            dict.fortran_order = take_word("True");
            return *dict.fortran_order || take_word("False");
        }
        if (key == "shape" && !dict.shape) return take_shape(dict.shape.emplace());
        return false;
    }
    // (), (3,), (3, 4) or (3, 4,)
    bool take_shape(std::vector<uint64_t>& shape) {
        if (!take('(')) return false;
        bool comma = true;
        while (!take(')')) {
            uint64_t number = 0;
            if (!comma || !take_number(number)) return false;
            shape.push_back(number);
            comma = take(',');
        }
        return shape.size() != 1 || comma;
    }
    bool take_number(uint64_t& number) {
        skip_spaces();
        const char* begin = text_.data() + position_;
        const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
        position_ += static_cast<size_t>(end - begin);
        return error == std::errc();
    }

    std::string_view text_;
    size_t position_ = 0;
};

tl::unexpected<Error> malformed(const InputFile& file, std::string_view why) {
    return fail(ErrorCode::malformed, fmt::format("{} is no readable .npy file: {}", file.path(), why));
}

// The text of the dict, and where the data begin.
Result<std::string> read_header_text(const InputFile& file, uint64_t& data_offset) {
    std::array<char, 12> head{};
    const size_t head_bytes = std::min<uint64_t>(head.size(), file.size());
    VEXFS_TRY(file.read_exactly(0, std::as_writable_bytes(std::span(head)).first(head_bytes)));
    if (!std::string_view(head.data(), head.size()).starts_with(magic)) {
        return malformed(file, "it doesn't begin with \\x93NUMPY");
    }
    const auto major = static_cast<unsigned char>(head[6]);
    const auto minor = static_cast<unsigned char>(head[7]);
    if (head_bytes < head.size()) return malformed(file, "it ends within its header");
    if (major < 1 || major > 3 || minor != 0) {
        return fail(
            ErrorCode::unsupported,
            fmt::format("{} has .npy format {}.{}, known are 1.0, 2.0 and 3.0", file.path(), major, minor));
    }
    uint32_t length = 0;
    std::memcpy(&length, head.data() + 8, major == 1 ? 2 : 4);
    data_offset = (major == 1 ? 10u : 12u) + uint64_t{length};
    if (length > header_text_bytes_max) {
        return malformed(
            file, fmt::format("its header of {} bytes is longer than {}", length, header_text_bytes_max));
    }
    if (data_offset > file.size()) {
        return malformed(file,
                         fmt::format("its header ends at byte {}, the file at {}", data_offset, file.size()));
    }
    std::string text(length, '\0');
    VEXFS_TRY(file.read_exactly(data_offset - length, std::as_writable_bytes(std::span(text))));
    return text;
}

// The type's bytes, or none for one that is not among `types`.
const NpyType* find_type(std::string_view descr, std::span<const NpyType> types) {
    const auto found = std::find_if(types.begin(), types.end(), [&](auto& t) { return t.descr == descr; });
    return found == types.end() ? nullptr : &*found;
}

tl::unexpected<Error> unknown_type(const InputFile& file, std::string_view descr,
                                   std::span<const NpyType> types) {
    std::vector<std::string> names;
    names.reserve(types.size());
    for (const NpyType& type : types) names.push_back(fmt::format("'{}' ({})", type.descr, type.name));
    return fail(ErrorCode::unsupported,
                fmt::format("{} has dtype {}, known here are {}", file.path(), descr, fmt::join(names, ", ")),
                fmt::format("convert it in Python with array.astype('{}')", types.front().descr));
}

}  // namespace

Result<NpyHeader> read_npy_header(const InputFile& file, std::span<const NpyType> types, NpyType& type) {
    NpyHeader header;
    VEXFS_ASSIGN(const std::string text, read_header_text(file, header.data_offset));
    std::optional<Dict> dict = DictParser(text).parse();
    if (!dict) return malformed(file, "its header is not the dict of descr, fortran_order and shape");
    if (dict->structured) return unknown_type(file, "of several fields", types);
    const NpyType* found = find_type(*dict->descr, types);
    if (found == nullptr) return unknown_type(file, '\'' + *dict->descr + '\'', types);
    if (dict->shape->empty() || dict->shape->size() > 2) {
        return fail(ErrorCode::unsupported,
                    fmt::format("{} has {} dimensions, known are 1 and 2", file.path(), dict->shape->size()),
                    "reshape it in Python with array.reshape(rows, -1)");
    }
    // One dimension, or one row or column, lies the same in both orders.
    const bool order_matters =
        dict->shape->size() == 2 && dict->shape->front() > 1 && dict->shape->back() > 1;
    if (*dict->fortran_order && order_matters) {
        return fail(ErrorCode::unsupported, fmt::format("{} is in Fortran order", file.path()),
                    "save it again in Python with numpy.save(file, numpy.ascontiguousarray(array))");
    }
    header.descr = *dict->descr;
    header.shape = *dict->shape;
    uint64_t bytes = 0;
    if (__builtin_mul_overflow(header.rows(), header.columns(), &bytes) ||
        __builtin_mul_overflow(bytes, found->bytes, &bytes) ||
        __builtin_add_overflow(bytes, header.data_offset, &bytes)) {
        return malformed(file,
                         fmt::format("its shape ({}) is beyond any file", fmt::join(header.shape, ", ")));
    }
    VEXFS_TRY(check_size(file, bytes));
    type = *found;
    return header;
}

std::string make_npy_header(std::string_view descr, std::span<const uint64_t> shape) {
    std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", descr,
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
    constexpr size_t text_bytes = npy_header_bytes - 10;
    assert(text.size() < text_bytes);
    text.resize(text_bytes - 1, ' ');
    std::string header(magic);
    header += {'\x01', '\x00', static_cast<char>(text_bytes), '\x00'};
    return header + text + '\n';
}

}  // namespace vexfs::formats
