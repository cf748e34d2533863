// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/values.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>

#include "engine/collection/schema.h"
#include "engine/formats/vector_file.h"

namespace vexfs::ctl {
namespace {

constexpr size_t vector_text_bytes_max = size_t{dimension_max} * 64;

Result<std::vector<float>> vector_from_json(std::string_view source, std::string_view text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const bool is_row_alone = json.is_array() && json.size() == 1 && json[0].is_array();
    const nlohmann::json& row = is_row_alone ? json[0] : json;
    if (!row.is_array()) {
        return fail(ErrorCode::malformed, fmt::format("{} is not a JSON array of numbers", source),
                    "write a vector as [0.1,0.2,...], or name a file as @FILE");
    }
    if (row.size() > dimension_max) {
        return fail(ErrorCode::too_large,
                    fmt::format("{} has {} values, over the limit of {}", source, row.size(), dimension_max));
    }
    std::vector<float> vector;
    vector.reserve(row.size());
    for (size_t i = 0; i < row.size(); ++i) {
        if (!row[i].is_number()) {
            return fail(ErrorCode::malformed,
                        fmt::format("value {} of {} is {}, not a number", i, source, row[i].type_name()));
        }
        vector.push_back(row[i].get<float>());
        if (!std::isfinite(vector.back())) {
            return fail(ErrorCode::not_finite,
                        fmt::format("value {} of {} is beyond the range of 32-bit floats", i, source));
        }
    }
    return vector;
}

Result<std::vector<float>> vector_from_file(const std::string& path) {
    if (path.ends_with(".json")) {
        std::ifstream file(path, std::ios::binary);
        if (!file) return fail_errno("open " + path, errno);
        std::string text(vector_text_bytes_max + 1, '\0');
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        if (file.bad()) return fail_errno("read " + path, errno);
        text.resize(static_cast<size_t>(file.gcount()));
        if (text.size() > vector_text_bytes_max) {
            return fail(ErrorCode::too_large, fmt::format("{} is larger than a vector can be", path));
        }
        return vector_from_json(path, text);
    }
    VEXFS_ASSIGN(const auto reader, VectorReader::open(path));
    VEXFS_ASSIGN(VectorBlock block, reader->read(2));
    if (block.rows != 1) {
        return fail(ErrorCode::invalid_argument, fmt::format("{} holds {} vectors where one is wanted", path,
                                                             block.rows == 0 ? "no" : "several"));
    }
    return std::move(block.vectors);
}

}  // namespace

nlohmann::json scalar_from_text(std::string_view text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (json.is_number() || json.is_boolean()) return json;
    return std::string(text);
}

Result<nlohmann::json> parameters_from_assignments(const std::vector<std::string>& assignments) {
    nlohmann::json parameters = nlohmann::json::object();
    for (const std::string& assignment : assignments) {
        const size_t equals = assignment.find('=');
        if (equals == std::string::npos || equals == 0) {
            return fail(ErrorCode::invalid_argument, fmt::format("'{}' is not KEY=VALUE", assignment),
                        "write a parameter as ef_search=200");
        }
        const std::string key = assignment.substr(0, equals);
        if (parameters.contains(key)) {
            return fail(ErrorCode::invalid_argument, fmt::format("parameter {} is given twice", key));
        }
        parameters[key] = scalar_from_text(std::string_view(assignment).substr(equals + 1));
    }
    return parameters;
}

Result<nlohmann::json> like_from_text(std::string_view text) {
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos && equals > 0) {
        return nlohmann::json{{"field", text.substr(0, equals)},
                              {"value", scalar_from_text(text.substr(equals + 1))}};
    }
    uint64_t id = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (status != std::errc{} || end != text.data() + text.size() || text.empty()) {
        return fail(ErrorCode::invalid_argument, fmt::format("'{}' is neither an id nor FIELD=VALUE", text),
                    "write --like 7 for the point 7, or --like word=king for one with that metadata");
    }
    return nlohmann::json{{"id", id}};
}

Result<nlohmann::json> object_from_text(std::string_view option, std::string_view text) {
    try {
        auto json = nlohmann::json::parse(text);
        if (json.is_object()) return json;
        return fail(ErrorCode::malformed,
                    fmt::format("{} is a JSON {}, not an object", option, json.type_name()));
    } catch (const nlohmann::json::parse_error& error) {
        return fail(ErrorCode::malformed,
                    fmt::format("{} is not JSON: it breaks at byte {}", option, error.byte),
                    R"(quote it for the shell, as in '{"lang":"en"}')");
    }
}

Result<std::vector<float>> vector_from_argument(const std::string& argument) {
    if (argument == "-") {
        VEXFS_ASSIGN(const std::string text, read_standard_input(vector_text_bytes_max));
        return vector_from_json("standard input", text);
    }
    if (argument.starts_with('@')) return vector_from_file(argument.substr(1));
    return vector_from_json("--vector", argument);
}

Result<std::string> read_standard_input(size_t bytes_max) {
    std::string text;
    std::array<char, 65536> buffer;
    while (true) {
        const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("read standard input", errno);
        if (count == 0) return text;
        text.append(buffer.data(), static_cast<size_t>(count));
        if (text.size() > bytes_max) {
            return fail(ErrorCode::too_large,
                        fmt::format("standard input is longer than {} bytes", bytes_max));
        }
    }
}

}  // namespace vexfs::ctl
