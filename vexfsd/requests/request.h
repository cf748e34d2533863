// SPDX-License-Identifier: Apache-2.0
// A request while it is answered: its fields, typed and checked, its arrays, and who asks.
//
// The readers of fields fail with invalid_argument, naming the field, the value and what it may be.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vexfsd/requests/service.h"

namespace vexfs {

struct Request {
    const nlohmann::json& header;
    std::vector<ArrayView> arrays;
    bool text = false;
    const Caller& caller;

    bool has(std::string_view field) const { return header.contains(field); }
    // Null where there is none.
    const ArrayView* array(std::string_view name) const;

    Result<std::string> string(std::string_view field) const;
    Result<std::optional<std::string>> optional_string(std::string_view field) const;
    Result<bool> flag(std::string_view field, bool otherwise) const;
    Result<std::optional<uint64_t>> integer(std::string_view field, uint64_t low, uint64_t high) const;
    // A number that an f32 can hold.
    Result<std::optional<float>> number(std::string_view field) const;
    // An object, empty where there is none.
    Result<nlohmann::json> object(std::string_view field) const;
    Result<std::optional<Durability>> durability() const;
};

// An array of the body or, failing that, JSON of the header, as rows of one length.
struct Vectors {
    std::vector<float> storage;     // where the values could not stay where they were
    std::span<const float> values;  // [rows, dimension]
    size_t rows = 0;
};
// dimension_mismatch names both dimensions.
Result<Vectors> vectors_of(const Request& request, const std::string& collection, uint32_t dimension);

// "ids"; none where there is neither an array nor a field.
Result<std::optional<std::vector<uint64_t>>> ids_of(const Request& request);

// "metadata" for so many rows: JSON texts, "" for none. Empty where there is none at all.
struct Metadata {
    std::vector<std::string> storage;
    std::vector<std::string_view> texts;  // into storage or the request's body
};
Result<Metadata> metadata_of(const Request& request, size_t rows);
// malformed where a JSON text is nested deeper than metadata_depth_max.
Result<void> check_metadata_depth(std::string_view text, size_t row);

}  // namespace vexfs
