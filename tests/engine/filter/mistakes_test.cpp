// SPDX-License-Identifier: Apache-2.0
// Filters that can't be right, and what they are told.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/filter/filter.h"

using namespace vexfs;
using nlohmann::json;

namespace {

Error error_of(const json& filter) {
    const auto parsed = Filter::parse(filter);
    REQUIRE_FALSE(parsed.has_value());
    return parsed.error();
}

void check(const std::string& text, ErrorCode code, const std::string& message,
           const std::string& hint = "") {
    const Error error = error_of(json::parse(text));
    INFO(text);
    CHECK(error.code == code);
    CHECK_THAT(error.message, Catch::Matchers::Contains(message));
    CHECK_THAT(error.hint, Catch::Matchers::Contains(hint));
}

// Objects and arrays within each other, parsed from text: copying so deep a value would overflow the stack.
json nested(size_t depth) {
    const size_t pairs = (depth - 1) / 2;
    std::string head = depth % 2 == 0 ? "{\"$not\":" : "";
    std::string tail;
    for (size_t i = 0; i < pairs; ++i) {
        head += "{\"$and\":[";
        tail += "]}";
    }
    if (depth % 2 == 0) tail += '}';
    return json::parse(head + "{\"a\":1}" + tail);
}

}  // namespace

TEST_CASE("an unknown operator is told the nearest known one") {
    check(R"({"year":{"$gtee":1}})", ErrorCode::invalid_argument,
          "the filter at /year/$gtee: unknown operator", "did you mean $gte?");
    check(R"({"a":{"$exist":true}})", ErrorCode::invalid_argument, "/a/$exist", "did you mean $exists?");
    check(R"({"$nor":[]})", ErrorCode::invalid_argument, "/$nor", "did you mean $or?");
    check(R"({"a":{"$regex":"x"}})", ErrorCode::invalid_argument, "/a/$regex",
          "known here are $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $between, $exists, $not");
    check(R"({"$gt":1})", ErrorCode::invalid_argument, "/$gt: $gt needs a field",
          R"({"field": {"$gt": ...}})");
    check(R"({"$":1})", ErrorCode::invalid_argument, "unknown operator");
}

TEST_CASE("the place is a JSON pointer, escaped as such") {
    check(R"({"$or":[{"a":1},{"a/b":{"c~d":1,"$x":2}}]})", ErrorCode::invalid_argument, "/$or/1/a~1b/");
    check(R"({"$and":[{"x":{"$not":{"$in":3}}}]})", ErrorCode::malformed, "/$and/0/x/$not/$in");
}

TEST_CASE("operands of the wrong kind") {
    check("[]", ErrorCode::malformed, "the filter: a filter is an object, this is an array");
    check("null", ErrorCode::malformed, "this is null");
    check(R"("a=1")", ErrorCode::malformed, "this is a string");
    check(R"({"$and":{"a":1}})", ErrorCode::malformed,
          "/$and: $and takes an array of filters, this is an object");
    check(R"({"$or":[]})", ErrorCode::invalid_argument, "/$or: $or needs a filter");
    check(R"({"$or":[1]})", ErrorCode::malformed, "/$or/0: a filter is an object, this is a number");
    check(R"({"$not":[]})", ErrorCode::malformed, "/$not: a filter is an object");
    check(R"({"a":{"$not":5}})", ErrorCode::malformed, "/a/$not", R"({"$ne": value})");
    check(R"({"a":{"$not":{}}})", ErrorCode::malformed, "/a/$not");
    check(R"({"a":{"$in":"x"}})", ErrorCode::malformed,
          "/a/$in: $in takes an array of values, this is a string");
    check(R"({"a":{"$nin":{}}})", ErrorCode::malformed, "/a/$nin");
    check(R"({"a":{"$exists":1}})", ErrorCode::malformed,
          "/a/$exists: $exists takes true or false, this is a number");
    check(R"({"a":{"$gt":null}})", ErrorCode::malformed,
          "/a/$gt: numbers and strings have an order, null has none");
    check(R"({"a":{"$lte":[1]}})", ErrorCode::malformed, "an array has none");
    check(R"({"a":{"$lt":true}})", ErrorCode::malformed, "a boolean has none");
    for (const char* operand : {"5", "[]", "[1]", "[1,2,3]", "[1,\"2\"]", "[null,null]", "{}"}) {
        check(R"({"a":{"$between":)" + std::string(operand) + "}}", ErrorCode::malformed,
              "/a/$between: $between takes [low, high]");
    }
}

TEST_CASE("operators and values don't mix") {
    check(R"({"a":{"$gt":1,"b":2}})", ErrorCode::invalid_argument, "/a/b: a name among operators");
    check(R"({"a":{"$eq":{"$gt":1}}})", ErrorCode::malformed, "/a/$eq: operators where a value is expected");
    check(R"({"a":{"$in":[1,{"$gt":1}]}})", ErrorCode::malformed, "/a/$in/1: operators where");
}

TEST_CASE("paths have names between their dots") {
    for (const char* path : {"", ".", "a.", ".a", "a..b"}) {
        CHECK(error_of({{path, 1}}).code == ErrorCode::invalid_argument);
    }
    std::string path = "a";
    for (int i = 0; i < 64; ++i) path += ".a";
    CHECK(error_of({{path, 1}}).code == ErrorCode::too_large);
}

TEST_CASE("a filter is 64 deep at most") {
    CHECK(Filter::parse(nested(64)).has_value());
    CHECK(error_of(nested(65)).code == ErrorCode::too_large);
    CHECK(error_of(nested(100'000)).code == ErrorCode::too_large);
    CHECK(
        error_of(json::parse("{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}")).code ==
        ErrorCode::too_large);
}

TEST_CASE("a filter has 10,000 conditions at most, $in 65,536 values") {
    json conditions = json::array();
    for (int i = 0; i < 9'998; ++i) conditions.push_back({{"a", i}});
    CHECK(error_of({{"$or", conditions}}).code ==
          ErrorCode::too_large);  // each filter and each equality counts
    conditions.erase(conditions.begin() + 4'999, conditions.end());
    CHECK(Filter::parse({{"$or", conditions}}).has_value());

    json values = json::array();
    for (int i = 0; i < 65'536; ++i) values.push_back(i);
    const auto filter = Filter::parse({{"n", {{"$in", values}}}});
    REQUIRE(filter.has_value());
    CHECK(filter->matches(json{{"n", 65'535.0}}));
    CHECK_FALSE(filter->matches(json{{"n", 65'536}}));
    values.push_back(65'536);
    const Error error = error_of({{"n", {{"$in", values}}}});
    CHECK(error.code == ErrorCode::too_large);
    CHECK_THAT(error.message, Catch::Matchers::Contains("/n/$in: $in has 65537 values"));
}

TEST_CASE("filters made of random pieces are taken or refused, never more") {
    std::mt19937 random(3);
    const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    const std::vector<std::string> keys{"a",   "a.b", "$and", "$or",      "$not",    "$eq", "$ne",
                                        "$gt", "$in", "$nin", "$between", "$exists", "$x",  "b"};
    const auto make = [&](auto&& self, int depth) -> json {
        switch (below(depth > 0 ? 8 : 5)) {
            case 0: return below(3);
            case 1: return "b";
            case 2: return nullptr;
            case 3: return below(2) == 0;
            case 4: return 1.5;
            case 5: {
                json array = json::array();
                for (int i = below(3); i >= 0; --i) array.push_back(self(self, depth - 1));
                return array;
            }
            default: {
                json object = json::object();
                for (int i = below(3); i >= 0; --i)
                    object[keys[below(static_cast<int>(keys.size()))]] = self(self, depth - 1);
                return object;
            }
        }
    };
    int taken = 0;
    for (int round = 0; round < 20'000; ++round) {
        const json filter = make(make, 4);
        const auto parsed = Filter::parse(filter);
        if (!parsed) {
            CHECK_FALSE(parsed.error().message.empty());
            continue;
        }
        ++taken;
        const json metadata = {{"a", make(make, 3)}, {"b", make(make, 2)}};
        const bool matched = parsed->matches(metadata);
        CHECK(matched != Filter::parse({{"$not", filter}})->matches(metadata));
    }
    CHECK(taken > 100);  // so that both were tried
}
