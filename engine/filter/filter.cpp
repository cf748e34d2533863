// SPDX-License-Identifier: Apache-2.0
#include "engine/filter/filter.h"

#include <algorithm>

#include "engine/base/function_ref.h"
#include "engine/filter/node.h"
#include "engine/filter/values.h"

namespace vexfs {
namespace filter {
namespace {

using nlohmann::json;
using Node = Filter::Node;
using Visitor = FunctionRef<bool(const json&)>;

// Shows the visitor each value that the path leads to, until it returns true. Objects in an array on the way
// are all gone into.
bool any_at(const json& value, std::span<const std::string> path, Visitor visit) {
    if (path.empty()) return visit(value);
    if (value.is_object()) {
        const auto member = value.find(path.front());
        return member != value.end() && any_at(*member, path.subspan(1), visit);
    }
    return value.is_array() && std::any_of(value.begin(), value.end(), [&](const json& element) {
               return element.is_object() && any_at(element, path, visit);
           });
}

// The same, and where the path leads to an array, each of its elements too.
bool any_value(const json& metadata, std::span<const std::string> path, Visitor visit) {
    return any_at(metadata, path, [&](const json& value) {
        return visit(value) || (value.is_array() && std::any_of(value.begin(), value.end(), visit));
    });
}

bool holds(std::strong_ordering order, Node::Comparison comparison) {
    switch (comparison) {
        case Node::Comparison::less: return order < 0;
        case Node::Comparison::less_or_equal: return order <= 0;
        case Node::Comparison::greater: return order > 0;
        case Node::Comparison::greater_or_equal: return order >= 0;
    }
    return false;
}

struct Evaluator {
    const json& metadata;

    bool operator()(const Node::All& all) const {
        return std::all_of(all.children.begin(), all.children.end(),
                           [&](const Node& child) { return matches(child, metadata); });
    }
    bool operator()(const Node::Any& any) const {
        return std::any_of(any.children.begin(), any.children.end(),
                           [&](const Node& child) { return matches(child, metadata); });
    }
    bool operator()(const Node::Not& node) const { return !matches(node.child.front(), metadata); }
    bool operator()(const Node::In& in) const {
        if (in.takes_null && !exists(in.path)) return true;
        return any_value(metadata, in.path, [&](const json& value) {
            return std::binary_search(in.values.begin(), in.values.end(), value,
                                      [](const json& a, const json& b) { return compare(a, b) < 0; });
        });
    }
    bool operator()(const Node::Compare& node) const {
        return any_value(metadata, node.path, [&](const json& value) {
            return are_ordered(value, node.value) &&
                   holds(compare_ordered(value, node.value), node.comparison);
        });
    }
    bool operator()(const Node::Between& node) const {
        return any_value(metadata, node.path, [&](const json& value) {
            return are_ordered(value, node.low) && compare_ordered(value, node.low) >= 0 &&
                   compare_ordered(value, node.high) <= 0;
        });
    }
    bool operator()(const Node::Exists& node) const { return exists(node.path); }

    bool exists(const Node::Path& path) const {
        return any_at(metadata, path, [](const json&) { return true; });
    }
};

}  // namespace

bool matches(const Node& node, const json& metadata) {
    return std::visit(Evaluator{metadata}, node.is);
}

}  // namespace filter

Result<Filter> Filter::parse(const nlohmann::json& filter) {
    VEXFS_ASSIGN(Node root, filter::parse(filter));
    return Filter(std::make_shared<const Node>(std::move(root)));
}

bool Filter::matches(const nlohmann::json& metadata) const {
    return filter::matches(*root_, metadata);
}

bool Filter::matches(std::string_view metadata) const {
    if (metadata.empty()) return matches(nlohmann::json::object());
    const auto parsed = nlohmann::json::parse(metadata, nullptr, false);
    return matches(parsed.is_object() ? parsed : nlohmann::json::object());
}

}  // namespace vexfs
