// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/pool.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <vector>

using vexfs::graph::Pool;

namespace {

// Expands all, offering the nodes of `offers` in groups after each expansion as a search does.
std::vector<uint32_t> expand(Pool& pool, std::vector<std::vector<std::pair<float, uint32_t>>> offers) {
    std::vector<uint32_t> order;
    size_t next = 0;
    while (const auto nearest = pool.next()) {
        order.push_back(nearest->node);
        if (next == offers.size()) continue;
        for (const auto& [distance, offered] : offers[next++])
            if (distance < pool.threshold()) pool.add(distance, offered);
        pool.added();
    }
    return order;
}

}  // namespace

TEST_CASE("a pool hands out the nearest first, each once") {
    Pool pool;
    pool.reset(10);
    pool.add(0, 99);
    CHECK(expand(pool, {{{3, 3}, {1, 1}, {2, 2}}, {{1.5F, 4}}}) == std::vector<uint32_t>{99, 1, 4, 2, 3});
}

TEST_CASE("ties are broken by the node, and what is below zero counts as zero") {
    Pool pool;
    pool.reset(10);
    pool.add(0, 0);
    CHECK(expand(pool, {{{1, 7}, {1, 5}, {-2, 9}, {-1, 8}}}) == std::vector<uint32_t>{0, 8, 9, 5, 7});
}

TEST_CASE("a pool keeps as many as its capacity, and asks for nearer ones once it is full") {
    for (const size_t capacity : {1, 2, 5, 31, 32, 33, 100}) {
        Pool pool;
        pool.reset(capacity);
        pool.add(0, 1'000'000);
        std::mt19937 random(static_cast<unsigned>(capacity));
        std::vector<std::vector<std::pair<float, uint32_t>>> offers(20);
        std::vector<float> distances{0};
        uint32_t number = 0;
        for (auto& group : offers) {
            for (size_t i = 0; i < 32; ++i) {
                group.emplace_back(static_cast<float>(random() % 1000) + 1, number++);
                distances.push_back(group.back().first);
            }
        }
        const auto order = expand(pool, offers);
        INFO("capacity " << capacity);
        CHECK(order.size() >= std::min<size_t>(capacity, 2));
        CHECK(std::set<uint32_t>(order.begin(), order.end()).size() == order.size());
        // All that are among the best of all that was offered were expanded.
        std::vector<std::pair<float, uint32_t>> all{{0, 1'000'000}};
        for (size_t i = 0; i < std::min(order.size(), offers.size()); ++i)
            all.insert(all.end(), offers[i].begin(), offers[i].end());
        std::sort(all.begin(), all.end());
        for (size_t i = 0; i < std::min(capacity, all.size()); ++i)
            CHECK(std::count(order.begin(), order.end(), all[i].second) == 1);
    }
}

TEST_CASE("what is cut off is farther, and is never handed out") {
    Pool pool;
    pool.reset(100);
    for (uint32_t i = 0; i < 32; ++i) pool.add(static_cast<float>(i), i);
    pool.added();
    CHECK(pool.nth(1) == 0);
    CHECK(pool.nth(32) == 31);
    CHECK(pool.nth(33) == std::numeric_limits<float>::infinity());
    for (uint32_t i = 0; i < 8; ++i) CHECK(pool.next()->node == i);
    pool.cut(10);
    CHECK(pool.nth(11) == 10);
    CHECK(pool.nth(12) == std::numeric_limits<float>::infinity());
    CHECK(expand(pool, {}) == std::vector<uint32_t>{8, 9, 10});
    pool.cut(3);
    CHECK_FALSE(pool.next());
    pool.add(2.5F, 50);
    CHECK(pool.next()->node == 50);
}

TEST_CASE("a pool that is reset has forgotten what it held") {
    Pool pool;
    for (const size_t capacity : {3, 50, 7}) {
        pool.reset(capacity);
        CHECK(pool.threshold() == std::numeric_limits<float>::infinity());
        CHECK_FALSE(pool.next());
        pool.add(1, 42);
        const auto nearest = pool.next();
        REQUIRE(nearest);
        CHECK(nearest->node == 42);
        CHECK(nearest->distance == 1);
        CHECK_FALSE(pool.next());
    }
}
