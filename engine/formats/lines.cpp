// SPDX-License-Identifier: Apache-2.0
#include "engine/formats/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace vexfs::formats {
namespace {

using nlohmann::json;

// nlohmann's text without its own position: it counts lines within the one line that it was given.
std::string reason_of(const json::exception& error) {
    std::string_view text = error.what();
    if (const size_t at = text.find("column "); at != std::string_view::npos) {
        text = text.substr(std::min(text.find(": ", at), text.size()));
        text = text.substr(std::min<size_t>(2, text.size()));
    } else if (const size_t end = text.find("] "); end != std::string_view::npos) {
        text = text.substr(end + 2);
    }
    // Its "last read" can be as long as the line, and hold any bytes.
    std::string reason = shortened(text);
    std::replace_if(
        reason.begin(), reason.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return reason;
}

Error too_deep(const std::string& path, uint64_t line) {
    return Error{
        ErrorCode::too_large,
        fmt::format("{}: line {}: objects and arrays lie more than {} deep", path, line, json_depth_max),
        {}};
}

// Follows the parser without keeping anything.
class ObjectChecker final : public nlohmann::json_sax<json> {
  public:
    ObjectChecker(const std::string& path, uint64_t line) : path_(path), line_(line) {}

    bool null() override { return scalar(); }
    bool boolean(bool) override { return scalar(); }
    bool number_integer(number_integer_t) override { return scalar(); }
    bool number_unsigned(number_unsigned_t) override { return scalar(); }
    bool number_float(number_float_t, const string_t&) override { return scalar(); }
    bool string(string_t&) override { return scalar(); }
    bool binary(binary_t&) override { return scalar(); }
    bool key(string_t&) override { return true; }
    bool start_object(std::size_t) override { return open(); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return depth_ == 0 ? no_object() : open(); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t position, const std::string&, const json::exception& error) override {
        error_ = json_error(path_, line_, position, error);
        return false;
    }

    std::optional<Error> error() && { return std::move(error_); }

  private:
    bool scalar() { return depth_ > 0 || no_object(); }
    bool open() {
        if (++depth_ <= json_depth_max) return true;
        error_ = too_deep(path_, line_);
        return false;
    }
    bool close() {
        --depth_;
        return true;
    }
    bool no_object() {
        error_ =
            Error{ErrorCode::malformed, fmt::format("{}: line {} is not a JSON object", path_, line_), {}};
        return false;
    }

    const std::string& path_;
    uint64_t line_;
    size_t depth_ = 0;
    std::optional<Error> error_;
};

}  // namespace

std::string shortened(std::string_view text) {
    constexpr size_t shown_max = 200;
    if (text.size() <= shown_max) return std::string(text);
    size_t shown = shown_max;
    while (shown > 0 && (static_cast<unsigned char>(text[shown]) & 0xC0) == 0x80) --shown;
    return std::string(text.substr(0, shown)) + "...";
}

tl::unexpected<Error> LineReader::too_long() const {
    return fail(ErrorCode::too_large,
                fmt::format("{}: line {} is longer than {} bytes", file_.path(), line_ + 1, line_bytes_max));
}

Result<std::optional<std::string_view>> LineReader::next() {
    size_t searched = 0;  // bytes from begin_ on that hold no '\n'
    while (true) {
        const char* text = reinterpret_cast<const char*>(buffer_.data()) + begin_;
        const size_t bytes = end_ - begin_;
        const void* found = bytes > searched ? std::memchr(text + searched, '\n', bytes - searched) : nullptr;
        if (found != nullptr || (offset_ >= file_.size() && bytes > 0)) {
            const size_t length = found ? static_cast<size_t>(static_cast<const char*>(found) - text) : bytes;
            begin_ += found != nullptr ? length + 1 : length;
            if (length > line_bytes_max) return too_long();
            std::string_view line(text, length);
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (++line_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
            return line;
        }
        if (offset_ >= file_.size()) return std::optional<std::string_view>();
        if (bytes > line_bytes_max) return too_long();
        searched = bytes;
        if (begin_ > 0) {
            std::memmove(buffer_.data(), buffer_.data() + begin_, bytes);
            begin_ = 0;
            end_ = bytes;
        }
        const uint64_t left = file_.size() - offset_;
        if (buffer_.size() - end_ < std::min<uint64_t>(left, buffer_bytes))
            buffer_.resize(end_ +
                           static_cast<size_t>(std::min<uint64_t>(left, std::max(end_, buffer_bytes))));
        const uint64_t wanted = std::min<uint64_t>(buffer_.size() - end_, left);
        VEXFS_TRY(file_.read_exactly(offset_, std::span(buffer_).subspan(end_, wanted)));
        offset_ += wanted;
        end_ += wanted;
    }
}

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

Error json_error(const std::string& path, uint64_t line, size_t column, const json::exception& error) {
    constexpr int number_overflow = 406;
    return Error{error.id == number_overflow ? ErrorCode::not_finite : ErrorCode::malformed,
                 fmt::format("{}: line {}, column {}: {}", path, line, column, reason_of(error)),
                 {}};
}

Result<void> check_object_line(const std::string& path, uint64_t line, std::string_view text) {
    ObjectChecker checker(path, line);
    json::sax_parse(text, &checker);
    if (std::optional<Error> error = std::move(checker).error()) return tl::unexpected(std::move(*error));
    return {};
}

}  // namespace vexfs::formats
