// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

#include "engine/filter/node.h"
#include "engine/filter/values.h"

namespace vexfs::filter {
namespace {

using nlohmann::json;
using Node = Filter::Node;
using Pointer = json::json_pointer;

constexpr std::array<std::string_view, 3> logical_operators{"$and", "$or", "$not"};
constexpr std::array<std::string_view, 11> field_operators{
    "$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$between", "$exists", "$not"};

bool is_operator(std::string_view key) {
    return key.starts_with('$');
}

bool is_deeper_than(const json& value, size_t depth) {
    if (!value.is_structured()) return false;
    return depth == 0 || std::any_of(value.begin(), value.end(),
                                     [&](const json& child) { return is_deeper_than(child, depth - 1); });
}

size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size(); ++j) {
            const size_t replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
        }
    }
    return row.back();
}

class Parser {
  public:
    Result<Node> filter(const json& value, const Pointer& at) {
        VEXFS_TRY(enter(at));
        if (!value.is_object()) {
            return malformed(at, fmt::format("a filter is an object, this is {}", kind_of(value)),
                             R"(write {"field": value} or {"field": {"$gte": value}})");
        }
        Node::All all;
        for (const auto& [key, member] : value.items()) {
            VEXFS_ASSIGN(Node node,
                         is_operator(key) ? logical(key, member, at / key) : field(key, member, at / key));
            all.children.push_back(std::move(node));
        }
        if (all.children.size() == 1) return std::move(all.children.front());
        return Node{std::move(all)};
    }

  private:
    static std::string_view kind_of(const json& value) {
        if (value.is_null()) return "null";
        if (value.is_object()) return "an object";
        if (value.is_array()) return "an array";
        return value.is_string() ? "a string" : value.is_boolean() ? "a boolean" : "a number";
    }
    static std::string place(const Pointer& at) {
        const std::string text = at.to_string();
        return text.empty() ? "the filter" : "the filter at " + text;
    }
    static tl::unexpected<Error> malformed(const Pointer& at, std::string_view why, std::string hint = {}) {
        return fail(ErrorCode::malformed, fmt::format("{}: {}", place(at), why), std::move(hint));
    }
    static tl::unexpected<Error> invalid(const Pointer& at, std::string_view why, std::string hint = {}) {
        return fail(ErrorCode::invalid_argument, fmt::format("{}: {}", place(at), why), std::move(hint));
    }
    static tl::unexpected<Error> unknown_operator(const Pointer& at, std::string_view name,
                                                  std::span<const std::string_view> known) {
        name = name.substr(0, 64);
        const auto nearest = std::min_element(known.begin(), known.end(), [&](auto a, auto b) {
            return edit_distance(name, a) < edit_distance(name, b);
        });
        const bool near = edit_distance(name, *nearest) <= 2;
        return invalid(at, "unknown operator",
                       near ? fmt::format("did you mean {}?", *nearest)
                            : fmt::format("known here are {}", fmt::join(known, ", ")));
    }

    Result<void> enter(const Pointer& at) {
        if (++nodes_ <= nodes_max) return {};
        return fail(ErrorCode::too_large,
                    fmt::format("{}: the filter has more than {} conditions", place(at), nodes_max),
                    "ask for many values of a field with $in");
    }

    Result<Node> logical(std::string_view name, const json& value, const Pointer& at) {
        if (name == "$not") {
            VEXFS_ASSIGN(Node child, filter(value, at));
            return negation(std::move(child));
        }
        if (name != "$and" && name != "$or") {
            const bool of_fields =
                std::find(field_operators.begin(), field_operators.end(), name) != field_operators.end();
            if (!of_fields) return unknown_operator(at, name, logical_operators);
            return invalid(at, fmt::format("{} needs a field", name),
                           fmt::format(R"(write {{"field": {{"{}": ...}}}})", name));
        }
        VEXFS_TRY(enter(at));
        if (!value.is_array()) {
            return malformed(at,
                             fmt::format("{} takes an array of filters, this is {}", name, kind_of(value)));
        }
        if (name == "$or" && value.empty()) {
            return invalid(at, "$or needs a filter at least: without one it would take nothing");
        }
        std::vector<Node> children;
        for (size_t i = 0; i < value.size(); ++i) {
            VEXFS_ASSIGN(Node child, filter(value[i], at / i));
            children.push_back(std::move(child));
        }
        if (name == "$and") return Node{Node::All{std::move(children)}};
        return Node{Node::Any{std::move(children)}};
    }

    // A field with the value it equals, or with operators.
    Result<Node> field(const std::string& name, const json& value, const Pointer& at) {
        Node::Path path;
        for (size_t begin = 0; begin <= name.size();) {
            const size_t end = std::min(name.find('.', begin), name.size());
            path.push_back(name.substr(begin, end - begin));
            if (path.back().empty()) {
                return invalid(at, "an empty name in the path",
                               "separate the names in a path by single dots");
            }
            begin = end + 1;
        }
        if (path.size() > depth_max) {
            return fail(ErrorCode::too_large,
                        fmt::format("{}: a path of more than {} names", place(at), depth_max));
        }
        if (has_operators(value)) return conditions(path, value, at);
        VEXFS_TRY(enter(at));
        return equality(path, value, at);
    }

    static bool has_operators(const json& value) {
        if (!value.is_object()) return false;
        for (const auto& [key, member] : value.items()) {
            if (is_operator(key)) return true;
        }
        return false;
    }

    // {"$gte":1,"$lt":5}: all of them hold.
    Result<Node> conditions(const Node::Path& path, const json& operators, const Pointer& at) {
        Node::All all;
        for (const auto& [key, value] : operators.items()) {
            if (!is_operator(key)) {
                return invalid(at / key, "a name among operators",
                               "write the path with dots, or compare with the whole object by $eq");
            }
            VEXFS_TRY(enter(at / key));
            VEXFS_ASSIGN(Node node, condition(path, key, value, at / key));
            all.children.push_back(std::move(node));
        }
        if (all.children.size() == 1) return std::move(all.children.front());
        return Node{std::move(all)};
    }

    Result<Node> condition(const Node::Path& path, std::string_view name, const json& value,
                           const Pointer& at) {
        using enum Node::Comparison;
        if (name == "$eq") return equality(path, value, at);
        if (name == "$ne") return negated(equality(path, value, at));
        if (name == "$in") return any_of(path, name, value, at);
        if (name == "$nin") return negated(any_of(path, name, value, at));
        if (name == "$gt") return comparison(path, greater, value, at);
        if (name == "$gte") return comparison(path, greater_or_equal, value, at);
        if (name == "$lt") return comparison(path, less, value, at);
        if (name == "$lte") return comparison(path, less_or_equal, value, at);
        if (name == "$between") return between(path, value, at);
        if (name == "$exists") {
            if (!value.is_boolean()) {
                return malformed(at, fmt::format("$exists takes true or false, this is {}", kind_of(value)));
            }
            Node exists{Node::Exists{path}};
            return value.get<bool>() ? std::move(exists) : negation(std::move(exists));
        }
        if (name == "$not") {
            if (!has_operators(value)) {
                return malformed(at, "$not of a field takes an object of operators",
                                 R"(write {"$not": {"$eq": value}}, or {"$ne": value})");
            }
            return negated(conditions(path, value, at));
        }
        return unknown_operator(at, name, field_operators);
    }

    static Node negation(Node node) {
        Node::Not negated_node;
        negated_node.child.push_back(std::move(node));
        return Node{std::move(negated_node)};
    }
    static Result<Node> negated(Result<Node> node) {
        return std::move(node).map([](Node child) { return negation(std::move(child)); });
    }

    static Result<void> check_value(const json& value, const Pointer& at) {
        if (!has_operators(value)) return {};
        return tl::unexpected(
            malformed(at, "operators where a value is expected", "write them at the field itself").value());
    }

    static Result<Node> equality(const Node::Path& path, const json& value, const Pointer& at) {
        VEXFS_TRY(check_value(value, at));
        return Node{Node::In{path, {value}, value.is_null()}};
    }

    static Result<Node> any_of(const Node::Path& path, std::string_view name, const json& values,
                               const Pointer& at) {
        if (!values.is_array()) {
            return malformed(at,
                             fmt::format("{} takes an array of values, this is {}", name, kind_of(values)));
        }
        if (values.size() > in_values_max) {
            return fail(ErrorCode::too_large, fmt::format("{}: {} has {} values, {} are the most", place(at),
                                                          name, values.size(), in_values_max));
        }
        Node::In in{path, {}, false};
        for (size_t i = 0; i < values.size(); ++i) {
            VEXFS_TRY(check_value(values[i], at / i));
            in.takes_null = in.takes_null || values[i].is_null();
            in.values.push_back(values[i]);
        }
        std::sort(in.values.begin(), in.values.end(),
                  [](const json& a, const json& b) { return compare(a, b) < 0; });
        return Node{std::move(in)};
    }

    static Result<Node> comparison(const Node::Path& path, Node::Comparison comparison, const json& value,
                                   const Pointer& at) {
        if (!value.is_number() && !value.is_string()) {
            return malformed(at,
                             fmt::format("numbers and strings have an order, {} has none", kind_of(value)));
        }
        return Node{Node::Compare{path, comparison, value}};
    }

    static Result<Node> between(const Node::Path& path, const json& value, const Pointer& at) {
        if (!value.is_array() || value.size() != 2 || !are_ordered(value[0], value[1])) {
            return malformed(at, "$between takes [low, high], two numbers or two strings");
        }
        return Node{Node::Between{path, value[0], value[1]}};
    }

    size_t nodes_ = 0;
};

}  // namespace

Result<Node> parse(const json& filter) {
    // First of all: what follows, and comparing with the filter's values, recurses as deep as the filter is.
    if (is_deeper_than(filter, depth_max)) {
        return fail(ErrorCode::too_large, fmt::format("the filter is more than {} deep", depth_max));
    }
    return Parser().filter(filter, Pointer());
}

}  // namespace vexfs::filter
