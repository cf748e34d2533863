// SPDX-License-Identifier: Apache-2.0
// Vectors, ids and metadata of a request, from the body or from JSON.
#include <fmt/format.h>

#include <cfloat>
#include <cmath>
#include <cstring>

#include "vexfsd/requests/json.h"
#include "vexfsd/requests/request.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

tl::unexpected<Error> invalid(std::string message, std::string hint = {}) {
    return fail(ErrorCode::invalid_argument, std::move(message), std::move(hint));
}

tl::unexpected<Error> other_dimension(size_t row, uint64_t length, const std::string& collection,
                                      uint32_t dimension) {
    return fail(ErrorCode::dimension_mismatch,
                fmt::format("vector {} has {} values, collection {} has dimension {}", row, length,
                            collection, dimension));
}

Result<void> check_dtype(const ArrayView& array, std::string_view dtype) {
    if (array.dtype == dtype) return {};
    return invalid(fmt::format("array {} must have the dtype {}, not {}", array.name, dtype, array.dtype));
}

std::string_view chars_of(const ArrayView& array) {
    return {reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size()};
}

Result<Vectors> from_array(const ArrayView& array, const std::string& collection, uint32_t dimension) {
    VEXFS_TRY(check_dtype(array, "f32"));
    if (array.shape.empty() || array.shape.size() > 2) {
        return invalid(fmt::format("array vectors must have the shape [rows, {}]", dimension));
    }
    if (array.shape.back() != dimension) return other_dimension(0, array.shape.back(), collection, dimension);
    Vectors vectors;
    vectors.rows = array.shape.size() == 1 ? 1 : array.shape.front();
    const size_t count = array.bytes.size() / sizeof(float);
    if (reinterpret_cast<uintptr_t>(array.bytes.data()) % alignof(float) == 0) {
        vectors.values = {reinterpret_cast<const float*>(array.bytes.data()), count};
        return vectors;
    }
    vectors.storage.resize(count);
    std::memcpy(vectors.storage.data(), array.bytes.data(), array.bytes.size());
    vectors.values = vectors.storage;
    return vectors;
}

Result<void> append_row(Vectors& vectors, const json& row, const std::string& collection,
                        uint32_t dimension) {
    if (!row.is_array()) {
        return invalid(
            fmt::format("vector {} must be an array of numbers, not {}", vectors.rows, excerpt(row)));
    }
    if (row.size() != dimension) return other_dimension(vectors.rows, row.size(), collection, dimension);
    for (size_t i = 0; i < row.size(); ++i) {
        if (!row[i].is_number()) {
            return invalid(fmt::format("vector {} holds {} at component {}, not a number", vectors.rows,
                                       excerpt(row[i]), i));
        }
        const auto value = row[i].get<double>();
        if (std::abs(value) > FLT_MAX) {
            return fail(ErrorCode::not_finite,
                        fmt::format("vector {} holds {} at component {}, more than an f32 "
                                    "can",
                                    vectors.rows, excerpt(row[i]), i));
        }
        vectors.storage.push_back(static_cast<float>(value));
    }
    ++vectors.rows;
    return {};
}

Result<std::vector<uint64_t>> ids_from_array(const ArrayView& array) {
    VEXFS_TRY(check_dtype(array, "u64"));
    if (array.shape.size() != 1) return invalid("array ids must have the shape [rows]");
    std::vector<uint64_t> ids(array.bytes.size() / sizeof(uint64_t));
    if (!ids.empty()) std::memcpy(ids.data(), array.bytes.data(), array.bytes.size());
    return ids;
}

Result<Metadata> metadata_from_array(const ArrayView& array, size_t rows) {
    VEXFS_TRY(check_dtype(array, "u8"));
    Metadata metadata;
    std::string_view rest = chars_of(array);
    metadata.texts.reserve(rows);
    bool ended = false;
    while (metadata.texts.size() <= rows && !ended) {
        const size_t end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) line = {};
        VEXFS_TRY(check_metadata_depth(line, metadata.texts.size()));
        metadata.texts.push_back(line);
        ended = end == std::string_view::npos;
        if (!ended) rest.remove_prefix(end + 1);
    }
    // The last line may end with a newline.
    if (metadata.texts.size() == rows + 1 && metadata.texts.back().empty() && ended) {
        metadata.texts.pop_back();
    }
    if (metadata.texts.size() != rows) {
        return invalid(fmt::format("array metadata has {} lines, there are {} vectors",
                                   metadata.texts.size() > rows ? fmt::format("more than {}", rows)
                                                                : fmt::format("{}", metadata.texts.size()),
                                   rows),
                       "a line per vector, blank for none");
    }
    return metadata;
}

}  // namespace

// Of texts, not of JSON: lines of an array are not parsed here.
Result<void> check_metadata_depth(std::string_view text, size_t row) {
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > metadata_depth_max) {
                return fail(ErrorCode::malformed,
                            fmt::format("the metadata of row {} are nested deeper than {} "
                                        "levels",
                                        row, metadata_depth_max));
            }
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return {};
}

Result<Vectors> vectors_of(const Request& request, const std::string& collection, uint32_t dimension) {
    const ArrayView* array = request.array("vectors");
    const auto many = request.header.find("vectors");
    const auto one = request.header.find("vector");
    const int sources = (array != nullptr ? 1 : 0) + (many != request.header.end() ? 1 : 0) +
                        (one != request.header.end() ? 1 : 0);
    if (sources == 0)
        return invalid("the request has no vectors", "\"vector\":[...] or \"vectors\":[[...],...]");
    if (sources > 1) return invalid("the request has more than one of vector, vectors and the array vectors");
    if (array != nullptr) return from_array(*array, collection, dimension);

    Vectors vectors;
    if (one != request.header.end()) {
        VEXFS_TRY(append_row(vectors, *one, collection, dimension));
    } else {
        if (!many->is_array()) {
            return invalid(fmt::format("vectors must be an array of arrays, not {}", excerpt(*many)));
        }
        for (const json& row : *many) VEXFS_TRY(append_row(vectors, row, collection, dimension));
    }
    vectors.values = vectors.storage;
    return vectors;
}

Result<std::optional<std::vector<uint64_t>>> ids_of(const Request& request) {
    const ArrayView* array = request.array("ids");
    const auto field = request.header.find("ids");
    if (array != nullptr && field != request.header.end()) return invalid("the request has ids twice");
    if (array != nullptr) {
        VEXFS_ASSIGN(auto ids, ids_from_array(*array));
        return ids;
    }
    if (field == request.header.end()) return std::nullopt;
    if (!field->is_array()) return invalid(fmt::format("ids must be an array, not {}", excerpt(*field)));
    std::vector<uint64_t> ids;
    ids.reserve(field->size());
    for (const json& id : *field) {
        if (!in_range(id, 0, UINT64_MAX)) {
            return invalid(fmt::format("ids holds {} at {}, not a whole number from 0 to {}", excerpt(id),
                                       ids.size(), UINT64_MAX));
        }
        ids.push_back(id.get<uint64_t>());
    }
    return ids;
}

Result<Metadata> metadata_of(const Request& request, size_t rows) {
    const ArrayView* array = request.array("metadata");
    const auto field = request.header.find("metadata");
    if (array != nullptr && field != request.header.end()) return invalid("the request has metadata twice");
    if (array != nullptr) return metadata_from_array(*array, rows);
    Metadata metadata;
    if (field == request.header.end()) return metadata;
    if (!field->is_array()) {
        return invalid(fmt::format("metadata must be an array of objects, not {}", excerpt(*field)),
                       "one for each vector, null for none");
    }
    if (field->size() != rows) {
        return invalid(fmt::format("metadata has {} entries, there are {} vectors", field->size(), rows),
                       "one for each vector, null for none");
    }
    metadata.storage.reserve(rows);
    for (const json& entry : *field) {
        if (!entry.is_object() && !entry.is_null()) {
            return invalid(fmt::format("metadata holds {} at {}, not an object or null", excerpt(entry),
                                       metadata.storage.size()));
        }
        metadata.storage.push_back(entry.is_null() ? "" : to_text(entry));
        VEXFS_TRY(check_metadata_depth(metadata.storage.back(), metadata.storage.size() - 1));
    }
    metadata.texts.assign(metadata.storage.begin(), metadata.storage.end());
    return metadata;
}

}  // namespace vexfs
