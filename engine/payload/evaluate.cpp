// SPDX-License-Identifier: Apache-2.0
#include "engine/payload/evaluate.h"

namespace vexfs::payload {
namespace {

using Node = Filter::Node;

struct Fields {
    std::set<Path>& into;

    void operator()(const Node::All& all) const { each(all.children); }
    void operator()(const Node::Any& any) const { each(any.children); }
    void operator()(const Node::Not& node) const { each(node.child); }
    void operator()(const auto& condition) const { into.insert(condition.path); }

    void each(const std::vector<Node>& nodes) const {
        for (const Node& node : nodes) std::visit(*this, node.is);
    }
};

struct Evaluator {
    FunctionRef<const Column&(const Path&)> column;
    uint32_t end;

    Roaring rows(const Node& node) const { return std::visit(*this, node.is); }

    Roaring operator()(const Node::All& all) const {
        Roaring taken;
        taken.addRange(0, end);
        for (const Node& child : all.children) {
            if (taken.isEmpty()) break;
            taken &= rows(child);
        }
        return taken;
    }
    Roaring operator()(const Node::Any& any) const {
        Roaring taken;
        for (const Node& child : any.children) taken |= rows(child);
        return taken;
    }
    Roaring operator()(const Node::Not& node) const { return all_but(rows(node.child.front())); }
    Roaring operator()(const Node::In& in) const {
        const Column& of = column(in.path);
        Roaring taken = of.any_of(in.values);
        if (in.takes_null) taken |= all_but(of.exist());
        return taken;
    }
    Roaring operator()(const Node::Compare& node) const {
        return column(node.path).compared(node.comparison, node.value);
    }
    Roaring operator()(const Node::Between& node) const {
        return column(node.path).between(node.low, node.high);
    }
    Roaring operator()(const Node::Exists& node) const { return column(node.path).exist(); }

    Roaring all_but(Roaring some) const {
        some.flip(0, end);
        return some;
    }
};

}  // namespace

std::set<Path> fields_of(const Node& node) {
    std::set<Path> fields;
    std::visit(Fields{fields}, node.is);
    return fields;
}

Roaring evaluate(const Node& node, FunctionRef<const Column&(const Path&)> column, uint32_t end) {
    Roaring taken = Evaluator{column, end}.rows(node);
    Roaring below;
    below.addRange(0, end);
    taken &= below;
    return taken;
}

}  // namespace vexfs::payload
