// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/links.h"

#include <catch2/catch.hpp>

#include "engine/graph/connect.h"
#include "engine/graph/leaf.h"
#include "engine/graph/prune.h"
#include "graph_data.h"

using namespace vexfs;
using namespace vexfs::graph;
using namespace vexfs::test;

namespace {

constexpr float one_alpha[] = {1.0F};

std::vector<uint32_t> nodes_of(std::span<const Link> links) {
    std::vector<uint32_t> nodes;
    for (const Link& link : links) nodes.push_back(link.node);
    return nodes;
}

// Points on a line at these places.
CodedVectors on_a_line(const std::vector<float>& places) {
    Vectors vectors{4, std::vector<float>(places.size() * 4)};
    for (size_t i = 0; i < places.size(); ++i) vectors.values[i * 4] = places[i];
    return CodedVectors(vectors);
}

std::vector<Link> links_to_all(const CodedVectors& coded, uint32_t node) {
    std::vector<Link> links;
    for (uint32_t other = 0; other < coded.table.count(); ++other)
        if (other != node) links.push_back({coded.distance(node, other), other});
    return links;
}

std::span<const Link> prune(Pruner& pruner, uint32_t node, std::vector<Link>& candidates, size_t count,
                            std::span<const float> alphas) {
    pruner.sort(node, candidates);
    return pruner.prune(candidates, count, alphas);
}

std::set<uint32_t> reached(const LinkTable& links, uint32_t entry) {
    std::set<uint32_t> seen{entry};
    std::vector<uint32_t> waiting{entry};
    while (!waiting.empty()) {
        const uint32_t node = waiting.back();
        waiting.pop_back();
        for (const Link& link : links.of(node))
            if (seen.insert(link.node).second) waiting.push_back(link.node);
    }
    return seen;
}

// Every node is either come to from the entry or named as lost, and not both.
void check_none_forgotten(const LinkTable& links, uint32_t entry, const std::vector<uint32_t>& lost) {
    CHECK(std::is_sorted(lost.begin(), lost.end()));
    std::set<uint32_t> all = reached(links, entry);
    CHECK(all.size() + lost.size() == links.nodes());
    all.insert(lost.begin(), lost.end());
    CHECK(all.size() == links.nodes());
    for (size_t node = 0; node < links.nodes(); ++node) CHECK(links.of(node).size() <= links.capacity());
}

}  // namespace

TEST_CASE("a link table keeps what fits") {
    LinkTable table(3, 2);
    CHECK(table.of(1).empty());
    table.append(1, {0.5F, 7});
    table.append(1, {0.25F, 8});
    table.append(1, {0.125F, 9});  // no place is left
    CHECK(nodes_of(table.of(1)) == std::vector<uint32_t>{7, 8});
    CHECK(table.of(0).empty());
    CHECK(table.of(2).empty());
    const Link other[] = {{1, 4}};
    table.assign(1, other);
    CHECK(nodes_of(table.of(1)) == std::vector<uint32_t>{4});
}

TEST_CASE("links are ordered by distance, then by node") {
    CHECK(Link{1, 9} < Link{2, 1});
    CHECK(Link{1, 1} < Link{1, 2});
    CHECK_FALSE(Link{1, 1} < Link{1, 1});
}

TEST_CASE("pruning keeps one link in each direction") {
    // From 0: two to the right, two to the left, those farther behind the nearer ones.
    const CodedVectors coded = on_a_line({0, 1, 2.5F, -1.2F, -3});
    Pruner pruner(coded.table);
    std::vector<Link> candidates = links_to_all(coded, 0);
    CHECK(nodes_of(prune(pruner, 0, candidates, 10, one_alpha)) == std::vector<uint32_t>{1, 3});
}

TEST_CASE("pruning drops the node itself and those named twice") {
    const CodedVectors coded = on_a_line({0, 1, -1.2F});
    Pruner pruner(coded.table);
    std::vector<Link> candidates = links_to_all(coded, 0);
    const std::vector<Link> again = candidates;
    candidates.insert(candidates.end(), again.begin(), again.end());
    for (const Link& link : again) candidates.push_back({link.distance * 1.0001F, link.node});
    candidates.push_back({0, 0});
    CHECK(nodes_of(prune(pruner, 0, candidates, 10, one_alpha)) == std::vector<uint32_t>{1, 2});
}

TEST_CASE("a second pass with a greater alpha fills places that the first left") {
    const CodedVectors coded(random_points(200, 8, 1));
    Pruner pruner(coded.table);
    std::vector<Link> candidates = links_to_all(coded, 0);
    const std::vector<uint32_t> strict = nodes_of(prune(pruner, 0, candidates, 100, one_alpha));
    constexpr float two_alphas[] = {1.0F, 2.0F};
    candidates = links_to_all(coded, 0);
    const std::vector<uint32_t> both = nodes_of(prune(pruner, 0, candidates, 100, two_alphas));
    REQUIRE(both.size() > strict.size());
    CHECK(std::equal(strict.begin(), strict.end(), both.begin()));
    CHECK(std::set<uint32_t>(both.begin(), both.end()).size() == both.size());
    candidates = links_to_all(coded, 0);
    CHECK(prune(pruner, 0, candidates, 3, two_alphas).size() == 3);
    candidates.clear();
    CHECK(prune(pruner, 0, candidates, 3, two_alphas).empty());
}

TEST_CASE("pruning by one alpha leaves no kept link hidden by another") {
    const CodedVectors coded(clustered(300, 12, 6, 1));
    Pruner pruner(coded.table);
    for (uint32_t node = 0; node < 20; ++node) {
        std::vector<Link> candidates = links_to_all(coded, node);
        const auto span = prune(pruner, node, candidates, 32, one_alpha);
        const std::vector<Link> kept(span.begin(), span.end());
        CHECK(std::is_sorted(kept.begin(), kept.end()));
        for (size_t i = 0; i < kept.size(); ++i)
            for (size_t k = 0; k < i; ++k)
                CHECK(coded.distance(kept[k].node, kept[i].node) > 0.9999F * kept[i].distance);
    }
}

TEST_CASE("links inside a leaf are the nearest ones, in its own numbers or others") {
    const CodedVectors coded(clustered(1000, 12, 6, 1));
    for (const size_t size : {1, 2, 3, 21, 100, 257, 900}) {
        std::vector<uint32_t> members;
        for (uint32_t i = 0; i < size; ++i) members.push_back(i * 7 % 1000);
        Leaf leaf;
        leaf.measure(coded.table, members);
        for (size_t i = 0; i < size; ++i) {
            std::array<Link, leaf_links_max> links;
            const size_t count = leaf.links_of(i, links);
            INFO("member " << i << " of " << size);
            REQUIRE((count > 0) == (size > 1));
            REQUIRE(std::is_sorted(links.begin(), links.begin() + count));
            float least = std::numeric_limits<float>::infinity();
            for (const uint32_t other : members)
                if (other != members[i]) least = std::min(least, coded.distance(members[i], other));
            if (count > 0) REQUIRE(links[0].distance == Approx(least).margin(1e-4));
            for (size_t k = 0; k < count; ++k) {
                REQUIRE(links[k].node != members[i]);
                REQUIRE(std::find(members.begin(), members.end(), links[k].node) != members.end());
                REQUIRE(links[k].distance == Approx(coded.distance(members[i], links[k].node)).margin(1e-4));
            }
        }
    }
}

TEST_CASE("islands get a link from what is reached") {
    // Four rings without a link between them.
    LinkTable links(40, 4);
    for (uint32_t node = 0; node < 40; ++node) links.append(node, {1, node / 10 * 10 + (node + 1) % 10});
    CHECK(connect(links, 5).empty());
    CHECK(reached(links, 5).size() == 40);
    for (uint32_t node = 0; node < 40; ++node) {
        const auto nodes = nodes_of(links.of(node));
        CHECK(std::find(nodes.begin(), nodes.end(), node / 10 * 10 + (node + 1) % 10) != nodes.end());
    }
}

TEST_CASE("where no place is free the farthest link gives way") {
    // A full clique, and nodes that know it while it doesn't know them.
    LinkTable links(12, 4);
    for (uint32_t node = 0; node < 5; ++node)
        for (uint32_t other = 0; other < 5; ++other)
            if (other != node) links.append(node, {static_cast<float>(1 + other), other});
    for (uint32_t node = 5; node < 12; ++node) links.append(node, {1, node % 5});
    const auto lost = connect(links, 0);
    CHECK(lost.empty());
    check_none_forgotten(links, 0, lost);
}

TEST_CASE("what can't be linked is named") {
    // All know node 0 alone, which has two places.
    LinkTable links(50, 2);
    for (uint32_t node = 1; node < 50; ++node) links.append(node, {0, 0});
    links.append(0, {0, 1});
    check_none_forgotten(links, 0, connect(links, 0));
}

TEST_CASE("a graph of isolated nodes, of one and of none") {
    LinkTable isolated(100, 8);
    check_none_forgotten(isolated, 99, connect(isolated, 99));
    LinkTable one(1, 8);
    CHECK(connect(one, 0).empty());
    LinkTable none(0, 8);
    CHECK(connect(none, 0).empty());
}

TEST_CASE("random sparse graphs lose no node") {
    std::mt19937_64 random(1);
    for (size_t turn = 0; turn < 30; ++turn) {
        const size_t nodes = 50 + random() % 200, capacity = 1 + random() % 4;
        LinkTable links(nodes, capacity);
        for (size_t node = 0; node < nodes; ++node)
            for (size_t i = 0; i < random() % (capacity + 1); ++i)
                links.append(node, {static_cast<float>(i), static_cast<uint32_t>(random() % nodes)});
        const auto entry = static_cast<uint32_t>(random() % nodes);
        const auto lost = connect(links, entry);
        INFO("turn " << turn);
        check_none_forgotten(links, entry, lost);
    }
}
