// SPDX-License-Identifier: Apache-2.0
#include "engine/formats/json_row.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/collection/schema.h"
#include "engine/formats/lines.h"

namespace vexfs::formats {
namespace {

using nlohmann::json;

// Takes the parser's events: floats go to the vector at once, metadata is written out again as text.
class RowHandler final : public nlohmann::json_sax<json> {
  public:
    RowHandler(const std::string& path, uint64_t line) : path_(path), line_(line) {}

    Result<JsonRow> row() && {
        if (error_) return tl::unexpected(std::move(*error_));
        if (!seen_.contains("vector")) return fail(ErrorCode::malformed, at("no \"vector\""));
        return std::move(row_);
    }

    bool null() override {
        // "metadata":null is the same as none.
        if (depth_ == 1 && place_ == Place::metadata) return true;
        return scalar("null", "null");
    }
    bool boolean(bool value) override { return scalar("a boolean", value ? "true" : "false"); }
    bool number_integer(number_integer_t value) override {
        return place_ == Place::vector ? element(static_cast<double>(value))
                                       : scalar("a negative number", std::to_string(value));
    }
    bool number_unsigned(number_unsigned_t value) override {
        if (place_ == Place::vector) return element(static_cast<double>(value));
        if (place_ == Place::id && depth_ == 1) {
            row_.id = value;
            return true;
        }
        return scalar("a number", std::to_string(value));
    }
    bool number_float(number_float_t value, const string_t& text) override {
        return place_ == Place::vector ? element(value) : scalar("a number with a fraction", text);
    }
    bool string(string_t& value) override {
        return scalar("a string", place_ == Place::metadata ? json(value).dump() : "");
    }
    bool binary(binary_t&) override { return scalar("binary", ""); }

    bool key(string_t& name) override {
        if (place_ == Place::metadata && depth_ > 1) {
            separate();
            row_.metadata += json(name).dump() + ':';
            after_value_ = false;
            return true;
        }
        if (name == "vector") {
            place_ = Place::vector;
        } else if (name == "id") {
            place_ = Place::id;
        } else if (name == "metadata") {
            place_ = Place::metadata;
        } else {
            return stop(fmt::format("unknown key {}", shortened(json(name).dump())),
                        R"(known are "vector", "id" and "metadata"; further data go into "metadata")");
        }
        return seen_.insert(name).second || stop(fmt::format("\"{}\" stands there twice", name));
    }

    bool start_object(std::size_t) override {
        if (place_ == Place::top && depth_ == 0) {
            ++depth_;
            return true;
        }
        return place_ == Place::metadata ? open('{') : scalar("an object", "");
    }
    bool end_object() override { return close('}'); }

    bool start_array(std::size_t) override {
        if (place_ == Place::top && depth_ == 0) {
            place_ = Place::vector;
            seen_.insert("vector");
            depth_ = vector_depth_ = 1;
            return true;
        }
        if (place_ == Place::vector && vector_depth_ == 0) {
            vector_depth_ = ++depth_;
            return true;
        }
        return place_ == Place::metadata && depth_ > 1 ? open('[') : scalar("an array", "");
    }
    bool end_array() override {
        if (place_ != Place::vector) return close(']');
        --depth_;
        vector_depth_ = 0;
        if (!row_.vector.empty()) return true;
        return stop("the vector has no elements");
    }

    bool parse_error(std::size_t column, const std::string&, const json::exception& error) override {
        error_ = json_error(path_, line_, column, error);
        return false;
    }

  private:
    enum class Place { top, vector, id, metadata };

    std::string at(std::string_view why) const { return fmt::format("{}: line {}: {}", path_, line_, why); }
    bool stop(std::string_view why, std::string hint = {}, ErrorCode code = ErrorCode::malformed) {
        error_ = Error{code, at(why), std::move(hint)};
        return false;
    }

    // Any value that is not the one number or container that its place asks for.
    bool scalar(std::string_view kind, std::string_view text) {
        switch (place_) {
            case Place::top: return stop("neither an object nor an array of numbers");
            case Place::id:
                return stop(fmt::format("\"id\" is {}, not a whole number from 0 to 2^64-1", kind));
            case Place::vector:
                if (vector_depth_ == 0) return stop(fmt::format("\"vector\" is {}, not an array", kind));
                return stop(fmt::format("element {} (counted from 0) of the vector is {}, not a number",
                                        row_.vector.size(), kind));
            case Place::metadata: break;
        }
        if (depth_ == 1) return stop(fmt::format("\"metadata\" is {}, not an object", kind));
        separate();
        row_.metadata += text;
        after_value_ = true;
        return true;
    }

    bool element(double value) {
        if (vector_depth_ == 0) return scalar("a number", "");
        if (row_.vector.size() == dimension_max) {
            return stop(fmt::format("the vector has more than {} elements", dimension_max), {},
                        ErrorCode::too_large);
        }
        row_.vector.push_back(static_cast<float>(value));
        if (std::isfinite(row_.vector.back())) return true;
        return stop(fmt::format("column {} (counted from 0) of the vector is {}, beyond a 32-bit float",
                                row_.vector.size() - 1, value),
                    {}, ErrorCode::not_finite);
    }

    bool open(char bracket) {
        separate();
        row_.metadata += bracket;
        after_value_ = false;
        if (depth_++ <= json_depth_max) return true;
        return stop(fmt::format("objects and arrays of \"metadata\" lie more than {} deep", json_depth_max),
                    {}, ErrorCode::too_large);
    }
    bool close(char bracket) {
        if (--depth_ == 0) return true;
        row_.metadata += bracket;
        after_value_ = true;
        return true;
    }
    void separate() {
        if (after_value_) row_.metadata += ',';
    }

    const std::string& path_;
    uint64_t line_;
    JsonRow row_;
    Place place_ = Place::top;
    size_t depth_ = 0;
    size_t vector_depth_ = 0;   // 0 outside of the vector's brackets
    bool after_value_ = false;  // metadata needs a comma before what comes next
    std::set<std::string, std::less<>> seen_;
    std::optional<Error> error_;
};

}  // namespace

Result<JsonRow> parse_json_row(const std::string& path, uint64_t line, std::string_view text) {
    RowHandler handler(path, line);
    json::sax_parse(text, &handler);
    return std::move(handler).row();
}

}  // namespace vexfs::formats
