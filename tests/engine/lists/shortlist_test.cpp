// SPDX-License-Identifier: Apache-2.0
#include "engine/lists/shortlist.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <random>

using namespace vexfs;
using lists::Shortlist;

namespace {

// Offers all of `estimates`; node i has estimate i.
std::vector<uint32_t> shortlist_of(const std::vector<float>& estimates, size_t wanted) {
    Shortlist nearest;
    nearest.reset(wanted);
    std::vector<uint32_t> nodes(Shortlist::chunk_nodes);
    for (size_t first = 0; first < estimates.size(); first += Shortlist::chunk_nodes) {
        const size_t count = std::min(Shortlist::chunk_nodes, estimates.size() - first);
        for (size_t i = 0; i < count; ++i) nodes[i] = static_cast<uint32_t>(first + i);
        nearest.add(&estimates[first], nodes.data(), count);
    }
    nearest.finish();
    std::vector<uint32_t> kept(nearest.nodes().begin(), nearest.nodes().end());
    std::ranges::sort(kept);
    return kept;
}

// The nodes of the `wanted` least.
std::vector<uint32_t> least_of(const std::vector<float>& estimates, size_t wanted) {
    std::vector<uint32_t> nodes(estimates.size());
    for (uint32_t i = 0; i < nodes.size(); ++i) nodes[i] = i;
    std::ranges::stable_sort(nodes, {}, [&](uint32_t node) { return estimates[node]; });
    nodes.resize(std::min(wanted, nodes.size()));
    std::ranges::sort(nodes);
    return nodes;
}

}  // namespace

TEST_CASE("a shortlist has the nearest, and hardly more than were wanted") {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(1, 0.1F);
    std::vector<float> estimates(32'000);
    for (float& estimate : estimates) estimate = normal(random);
    std::vector<float> falling = estimates, rising = estimates;
    std::ranges::sort(falling, std::greater());
    std::ranges::sort(rising);
    for (const auto& order : {estimates, falling, rising}) {
        for (const size_t wanted : {1, 10, 100, 3000, 31'999}) {
            const auto kept = shortlist_of(order, wanted);
            CHECK(kept.size() >= wanted);
            CHECK(kept.size() <= wanted + wanted / 4);
            CHECK(std::ranges::includes(kept, least_of(order, wanted)));
        }
    }
}

TEST_CASE("a shortlist of fewer than are wanted has all") {
    const std::vector<float> estimates(64, 1.5F);
    CHECK(shortlist_of(estimates, 64).size() == 64);
    CHECK(shortlist_of(estimates, 1000).size() == 64);
}

TEST_CASE("estimates that are equal, or but for one, are cut to what is wanted") {
    std::vector<float> estimates(3200, 2.0F);
    CHECK(shortlist_of(estimates, 50).size() == 50);
    estimates[1700] = -1e30F;
    const auto kept = shortlist_of(estimates, 50);
    CHECK(kept.size() >= 50);
    CHECK(kept.size() <= 62);
    CHECK(std::ranges::binary_search(kept, 1700U));
}

TEST_CASE("estimates that are no distances, as only a damaged file has them, do no harm") {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    for (const float odd : {-infinity, infinity, std::numeric_limits<float>::quiet_NaN(), 3e38F, -3e38F}) {
        std::vector<float> estimates(9000, 2.0F);
        for (size_t i = 0; i < estimates.size(); i += 5) estimates[i] = odd;
        CHECK(shortlist_of(estimates, 50).size() <= 62);
        CHECK(shortlist_of(std::vector<float>(9000, odd), 50).size() <= 62);
    }
}
