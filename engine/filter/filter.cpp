// SPDX-License-Identifier: Apache-2.0
#include "engine/filter/filter.h"

#include <algorithm>

#include "engine/filter/fields.h"
#include "engine/filter/node.h"
#include "engine/filter/values.h"

namespace vexfs {
namespace filter {
namespace {

using nlohmann::json;
using Node = Filter::Node;

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
        if (in.takes_null && !exists(metadata, in.path)) return true;
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
    bool operator()(const Node::Exists& node) const { return exists(metadata, node.path); }
};

}  // namespace

bool matches(const Node& node, const json& metadata) {
    return std::visit(Evaluator{metadata}, node.is);
}

}  // namespace filter

Result<Filter> Filter::parse(const nlohmann::json& filter) {
    VEXFS_ASSIGN(Node root, filter::parse(filter));
    return Filter(std::make_shared<const Node>(std::move(root)), filter.dump());
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
