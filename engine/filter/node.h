// SPDX-License-Identifier: Apache-2.0
// The tree of a parsed filter.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "engine/filter/filter.h"

namespace vexfs {

struct Filter::Node {
    struct All {  // $and, and the conditions of one object
        std::vector<Node> children;
    };
    struct Any {  // $or
        std::vector<Node> children;
    };
    struct Not {                  // $not, and what $ne and $nin negate
        std::vector<Node> child;  // one; a vector for its indirection
    };
    enum class Comparison { less, less_or_equal, greater, greater_or_equal };
    using Path = std::vector<std::string>;
    struct In {  // $eq with one value, $in
        Path path;
        std::vector<nlohmann::json> values;  // sorted by filter::compare
        bool takes_null = false;             // and so a missing field
    };
    struct Compare {
        Path path;
        Comparison comparison;
        nlohmann::json value;
    };
    struct Between {
        Path path;
        nlohmann::json low, high;
    };
    struct Exists {
        Path path;
    };

    std::variant<All, Any, Not, In, Compare, Between, Exists> is;
};

namespace filter {

inline constexpr size_t depth_max = 64;
inline constexpr size_t nodes_max = 10'000;
inline constexpr size_t in_values_max = 65'536;

Result<Filter::Node> parse(const nlohmann::json& filter);
bool matches(const Filter::Node& node, const nlohmann::json& metadata);

}  // namespace filter
}  // namespace vexfs
