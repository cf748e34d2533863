// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/id_map.h"

#include <catch2/catch.hpp>
#include <random>
#include <unordered_map>
#include <vector>

using namespace vexfs;

namespace {

constexpr uint32_t none = UINT32_MAX;

struct IdOf {
    const std::vector<uint64_t>* ids;
    uint64_t operator()(uint32_t row) const { return (*ids)[row]; }
};

// Rows with their ids, and the map from one to the other.
struct Rows {
    uint32_t add(uint64_t id) {
        ids.push_back(id);
        return static_cast<uint32_t>(ids.size() - 1);
    }

    std::vector<uint64_t> ids;
    IdMap<IdOf> map{IdOf{&ids}};
};

}  // namespace

TEST_CASE("an id has the row that was put last, until it is erased") {
    Rows rows;
    CHECK(rows.map.find(7) == std::nullopt);
    CHECK(rows.map.erase(7) == std::nullopt);
    CHECK(rows.map.put(7, rows.add(7)) == std::nullopt);
    CHECK(rows.map.put(UINT64_MAX, rows.add(UINT64_MAX)) == std::nullopt);
    CHECK(rows.map.put(7, rows.add(7)) == 0);
    CHECK(rows.map.size() == 2);
    CHECK(rows.map.find(7) == 2);
    CHECK(rows.map.contains(UINT64_MAX));
    CHECK(rows.map.erase(7) == 2);
    CHECK_FALSE(rows.map.contains(7));
    CHECK(rows.map.find(UINT64_MAX) == 1);
    CHECK(rows.map.size() == 1);
}

TEST_CASE("a map of ids does as the standard library's does") {
    for (const uint64_t ids_max : {30, 1000, 50'000}) {
        Rows rows;
        std::unordered_map<uint64_t, uint32_t> expected;
        std::mt19937_64 random(ids_max);
        size_t differ = 0;
        for (size_t turn = 0; turn < 100'000; ++turn) {
            const uint64_t id = random() % ids_max << (turn % 2 == 0 ? 0 : 40);
            const auto entry = expected.find(id);
            const uint32_t before = entry == expected.end() ? none : entry->second;
            differ += rows.map.find(id).value_or(none) == before ? 0 : 1;
            // Grows at first, then shrinks.
            if (random() % 100 < (turn < 50'000 ? 70 : 30)) {
                const uint32_t row = rows.add(id);
                differ += rows.map.put(id, row).value_or(none) == before ? 0 : 1;
                expected[id] = row;
            } else {
                differ += rows.map.erase(id).value_or(none) == before ? 0 : 1;
                expected.erase(id);
            }
        }
        CHECK(differ == 0);
        CHECK(rows.map.size() == expected.size());
        for (const auto& [id, row] : expected) differ += rows.map.find(id).value_or(none) == row ? 0 : 1;
        CHECK(differ == 0);
    }
}

TEST_CASE("a map that was emptied holds nothing, and takes all again") {
    Rows rows;
    for (const bool again : {false, true}) {
        INFO("again: " << again);
        for (uint64_t id = 0; id < 5000; ++id) rows.map.put(id, rows.add(id));
        CHECK(rows.map.size() == 5000);
        for (uint64_t id = 0; id < 5000; ++id) rows.map.erase(id);
        CHECK(rows.map.size() == 0);
        size_t found = 0;
        for (uint64_t id = 0; id < 6000; ++id) found += rows.map.contains(id) ? 1 : 0;
        CHECK(found == 0);
    }
}

TEST_CASE("an id costs about ten bytes at most") {
    // In order, in high bits alone, and at random.
    const std::vector<uint64_t (*)(uint64_t)> kinds{[](uint64_t i) { return i; },
                                                    [](uint64_t i) { return i << 44; },
                                                    [](uint64_t i) { return i * 0x9e3779b97f4a7c15; }};
    for (const auto& id_of : kinds) {
        Rows rows;
        double bytes_max = 0;
        for (uint64_t i = 0; i < 100'000; ++i) {
            rows.map.put(id_of(i), rows.add(id_of(i)));
            if (i < 1000) continue;
            bytes_max = std::max(bytes_max,
                                 static_cast<double>(rows.map.memory_bytes()) / static_cast<double>(i + 1));
        }
        CHECK(rows.map.size() == 100'000);
        CHECK(bytes_max <= 10.1);
    }
}
