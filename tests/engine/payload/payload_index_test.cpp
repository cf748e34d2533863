// SPDX-License-Identifier: Apache-2.0
#include "engine/payload/payload_index.h"

#include <catch2/catch.hpp>
#include <optional>

#include "tests/engine/filter/naive.h"

using namespace vexfs;
using nlohmann::json;
using payload::PayloadIndex;

namespace {

Filter parsed(const json& filter) {
    auto made = Filter::parse(filter);
    if (!made) FAIL(filter.dump() << ": " << made.error().message);
    return *made;
}

// Rows with their metadata, some of which are dead.
struct Rows {
    std::vector<std::optional<json>> documents;
    std::vector<std::string> texts;
    size_t read = 0;  // how often metadata were looked at
    PayloadIndex index;

    uint32_t size() const { return static_cast<uint32_t>(documents.size()); }
    void add(const json& document) {
        documents.emplace_back(document);
        texts.push_back(document.dump());
    }
    void change(uint32_t row, const json& document) {
        documents[row] = document;
        texts[row] = document.dump();
        index.changed(row);
    }
    std::vector<uint32_t> taken(const json& filter) { return taken(filter, size()); }
    // As of a search that began when there were so many rows.
    std::vector<uint32_t> taken(const json& filter, uint32_t end) {
        const auto metadata = [&](uint32_t row) -> std::optional<std::string_view> {
            ++read;
            if (!documents[row]) return std::nullopt;
            return texts[row];
        };
        std::vector<uint32_t> rows;
        for (const uint32_t row : index.answer(parsed(filter), end, metadata, 1)->taken)
            if (documents[row]) rows.push_back(row);
        return rows;
    }
    std::vector<uint32_t> expected(const json& filter) const {
        std::vector<uint32_t> rows;
        for (uint32_t row = 0; row < size(); ++row)
            if (documents[row] && naive::matches(filter, *documents[row])) rows.push_back(row);
        return rows;
    }
};

}  // namespace

TEST_CASE("filters take what a naive evaluator takes, by matching and by columns, in 100,000 random cases") {
    constexpr size_t documents = 250, filters = 400;
    naive::Random random(7);
    Rows rows;
    for (size_t i = 0; i < documents; ++i) rows.add(random.document());
    for (size_t i = 0; i < filters; ++i) {
        const json filter = random.filter();
        INFO(filter.dump());
        const auto expected = rows.expected(filter);
        std::vector<uint32_t> matched;
        const Filter made = parsed(filter);
        for (uint32_t row = 0; row < rows.size(); ++row)
            if (made.matches(std::string_view(rows.texts[row]))) matched.push_back(row);
        REQUIRE(matched == expected);
        REQUIRE(rows.taken(filter) == expected);
    }
}

TEST_CASE("answers follow rows that are added, changed and gone") {
    naive::Random random(8);
    Rows rows;
    std::vector<json> filters;
    for (size_t i = 0; i < 20; ++i) filters.push_back(random.filter());
    for (size_t round = 0; round < 60; ++round) {
        for (size_t i = 0; i < 1 + random.below(400); ++i) rows.add(random.document());
        for (size_t i = 0; i < random.below(30); ++i)
            rows.change(static_cast<uint32_t>(random.below(rows.size())), random.document());
        for (size_t i = 0; i < random.below(10); ++i) rows.documents[random.below(rows.size())].reset();
        for (const json& filter : filters) {
            INFO(filter.dump());
            REQUIRE(rows.taken(filter) == rows.expected(filter));
        }
    }
}

TEST_CASE("a column is brought up to date when it lags far behind") {
    Rows rows;
    for (uint32_t i = 0; i < 10'000; ++i) rows.add({{"n", i}});
    CHECK(rows.taken({{"n", {{"$lt", 10}}}}).size() == 10);
    for (uint32_t i = 0; i < 10'000; ++i) rows.add({{"n", i}});
    for (uint32_t row = 0; row < 6'000; ++row) rows.change(row, {{"n", -1}});
    rows.documents[9'000].reset();
    CHECK(rows.taken({{"n", {{"$lt", 10}}}}) == rows.expected({{"n", {{"$lt", 10}}}}));
    CHECK(rows.taken({{"n", {{"$gte", 8'990}}}}) == rows.expected({{"n", {{"$gte", 8'990}}}}));
}

TEST_CASE("a search that began earlier takes nothing from a column that others have brought on") {
    Rows rows;
    for (uint32_t i = 0; i < 10'000; ++i) rows.add({{"n", i}});
    CHECK(rows.taken({{"n", {{"$lt", 10}}}}).size() == 10);
    for (uint32_t row = 5'000; row < 10'000; ++row) rows.change(row, {{"n", -1}});
    CHECK(rows.taken({{"n", {{"$lt", 20}}}}, 8'000).size() >= 3'020);
    CHECK(rows.taken({{"n", {{"$lt", 30}}}}) == rows.expected({{"n", {{"$lt", 30}}}}));
}

TEST_CASE("metadata are read once for the filters on a field, and not for one that comes again") {
    Rows rows;
    for (uint32_t i = 0; i < 1'000; ++i) rows.add({{"n", i}, {"even", i % 2 == 0}});
    CHECK(rows.taken({{"n", {{"$lt", 10}}}}).size() == 10);
    CHECK(rows.read == 1'000);
    CHECK(rows.taken({{"n", {{"$gte", 500}}}}).size() == 500);
    CHECK(rows.taken({{"n", {{"$lt", 10}}}}).size() == 10);
    CHECK(rows.read == 1'000);
    CHECK(rows.taken({{"n", {{"$lt", 100}}}, {"even", true}}).size() == 50);
    CHECK(rows.read == 2'000);
    CHECK(rows.index.columns() == 2);
    rows.add({{"n", 5}});
    CHECK(rows.taken({{"n", {{"$lt", 10}}}}).size() == 11);
    CHECK(rows.read == 2'001);
    CHECK(rows.index.memory_bytes() > 0);
}

TEST_CASE("the columns and answers that are kept are bounded") {
    Rows rows;
    json document;
    for (size_t i = 0; i < 100; ++i) document["f" + std::to_string(i)] = i;
    rows.add(document);
    for (size_t i = 0; i < 100; ++i) CHECK(rows.taken({{"f" + std::to_string(i), i}}).size() == 1);
    CHECK(rows.index.columns() == payload::columns_max);
    // One filter on more fields than there may be columns.
    CHECK(rows.taken(document).size() == 1);
    rows.change(0, {{"f1", 1}});
    CHECK(rows.taken(document).empty());
}
