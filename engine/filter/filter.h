// SPDX-License-Identifier: Apache-2.0
// Filters on metadata, in the MongoDB manner: {"year":{"$gte":2000},"lang":"en"}.
//
// A filter is a JSON object. Each of its keys is $and, $or (arrays of filters), $not (a filter), or a field
// with a value it equals or an object of operators: $eq $ne $gt $gte $lt $lte $in $nin $between ([low, high],
// both included) $exists $not. Fields are dotted paths ("author.name"); a path that meets an array matches on
// any of its elements. Numbers compare as numbers, strings bytewise (so ISO 8601 timestamps in time order);
// values of different types are unequal and unordered. All conditions of one object must hold; {} takes
// everything. null equals null and a missing field.
//
// A Filter is immutable and thread-safe.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace vexfs {

class Filter {
  public:
    // malformed or invalid_argument, and the message names the place as a JSON pointer ("/year/$gte").
    static Result<Filter> parse(const nlohmann::json& filter);

    // metadata: the text of a JSON object, or "" for none.
    bool matches(std::string_view metadata) const;
    bool matches(const nlohmann::json& metadata) const;

    struct Node;
    const Node& root() const { return *root_; }
    // The same for filters that differ in nothing but spaces and the order of keys.
    const std::string& text() const { return text_; }

  private:
    Filter(std::shared_ptr<const Node> root, std::string text)
        : root_(std::move(root)), text_(std::move(text)) {}
    std::shared_ptr<const Node> root_;
    std::string text_;
};

}  // namespace vexfs
