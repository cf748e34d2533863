// SPDX-License-Identifier: Apache-2.0
// The language of filters, by example.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/filter/filter.h"

using namespace vexfs;
using nlohmann::json;

namespace {

bool matches(const std::string& filter, const std::string& metadata) {
    INFO(filter << " on " << metadata);
    const auto parsed = Filter::parse(json::parse(filter));
    if (!parsed) FAIL(filter << ": " << parsed.error().message);
    const bool result = parsed->matches(std::string_view(metadata));
    if (!metadata.empty()) REQUIRE(parsed->matches(json::parse(metadata)) == result);
    return result;
}

#define TAKES(filter, metadata) CHECK(matches(filter, metadata))
#define LEAVES(filter, metadata) CHECK_FALSE(matches(filter, metadata))

}  // namespace

TEST_CASE("the empty filter takes everything") {
    TAKES("{}", R"({"a":1})");
    TAKES("{}", "");
}

TEST_CASE("a bare value is an equality") {
    TAKES(R"({"lang":"en"})", R"({"lang":"en","year":2000})");
    LEAVES(R"({"lang":"en"})", R"({"lang":"EN"})");
    LEAVES(R"({"lang":"en"})", R"({"year":2000})");
    LEAVES(R"({"lang":"en"})", "");
    TAKES(R"({"open":true})", R"({"open":true})");
    LEAVES(R"({"open":true})", R"({"open":false})");
    TAKES(R"({"lang":{"$eq":"en"}})", R"({"lang":"en"})");
}

TEST_CASE("all conditions of an object must hold") {
    TAKES(R"({"lang":"en","year":{"$gte":2000,"$lt":2010}})", R"({"lang":"en","year":2005})");
    LEAVES(R"({"lang":"en","year":{"$gte":2000,"$lt":2010}})", R"({"lang":"en","year":2010})");
    LEAVES(R"({"lang":"en","year":{"$gte":2000,"$lt":2010}})", R"({"lang":"de","year":2005})");
}

TEST_CASE("$gt $gte $lt $lte compare numbers as numbers") {
    TAKES(R"({"n":{"$gt":9}})", R"({"n":10})");
    LEAVES(R"({"n":{"$gt":10}})", R"({"n":10})");
    TAKES(R"({"n":{"$gte":10}})", R"({"n":10.0})");
    TAKES(R"({"n":{"$lt":-1}})", R"({"n":-1.5})");
    LEAVES(R"({"n":{"$lt":-1}})", R"({"n":-1})");
    TAKES(R"({"n":{"$lte":0}})", R"({"n":-0.0})");
}

TEST_CASE("strings compare bytewise, so ISO 8601 timestamps in time order") {
    TAKES(R"({"at":{"$gte":"2024-02-01"}})", R"({"at":"2024-02-01T10:00:00Z"})");
    LEAVES(R"({"at":{"$gte":"2024-02-01"}})", R"({"at":"2024-01-31T23:59:59Z"})");
    LEAVES(R"({"s":{"$gt":"a"}})", R"({"s":"Z"})");
    TAKES(R"({"s":{"$gt":"z"}})", R"({"s":"é"})");
}

TEST_CASE("$between includes both ends") {
    for (const char* inside : {R"({"n":1})", R"({"n":2.5})", R"({"n":3})"})
        TAKES(R"({"n":{"$between":[1,3]}})", inside);
    LEAVES(R"({"n":{"$between":[1,3]}})", R"({"n":3.01})");
    LEAVES(R"({"n":{"$between":[1,3]}})", R"({"n":"2"})");
    LEAVES(R"({"n":{"$between":[3,1]}})", R"({"n":2})");
    TAKES(R"({"d":{"$between":["2024-01","2024-02"]}})", R"({"d":"2024-01-15"})");
}

TEST_CASE("$in takes any of the values, $nin none of them") {
    TAKES(R"({"lang":{"$in":["de","en"]}})", R"({"lang":"en"})");
    LEAVES(R"({"lang":{"$in":["de","en"]}})", R"({"lang":"fr"})");
    LEAVES(R"({"lang":{"$in":[]}})", R"({"lang":"fr"})");
    TAKES(R"({"lang":{"$nin":["de","en"]}})", R"({"lang":"fr"})");
    LEAVES(R"({"lang":{"$nin":["de","en"]}})", R"({"lang":"de"})");
    TAKES(R"({"lang":{"$nin":[]}})", R"({"lang":"fr"})");
    TAKES(R"({"x":{"$in":[7,"a",null,[1],{"k":1},true,7,7.0]}})", R"({"x":{"k":1.0}})");
    TAKES(R"({"x":{"$in":[7,7,7.0,"7"]}})", R"({"x":"7"})");
}

TEST_CASE("values of different types are unequal and unordered") {
    LEAVES(R"({"n":1})", R"({"n":"1"})");
    LEAVES(R"({"n":1})", R"({"n":true})");
    LEAVES(R"({"n":0})", R"({"n":false})");
    LEAVES(R"({"n":0})", R"({"n":null})");
    LEAVES(R"({"n":{"$gt":0}})", R"({"n":"5"})");
    LEAVES(R"({"n":{"$lte":0}})", R"({"n":"5"})");
    LEAVES(R"({"n":{"$lt":"a"}})", R"({"n":5})");
    LEAVES(R"({"n":{"$gte":0}})", R"({"n":true})");
    LEAVES(R"({"n":{"$lte":0}})", R"({"n":null})");
    LEAVES(R"({"n":{"$lte":0}})", "{}");
}

TEST_CASE("numbers compare exactly, beyond 2^53 too") {
    TAKES(R"({"n":1})", R"({"n":1.0})");
    TAKES(R"({"n":9007199254740993})", R"({"n":9007199254740993})");
    LEAVES(R"({"n":9007199254740993})", R"({"n":9007199254740992})");
    LEAVES(R"({"n":9007199254740993})", R"({"n":9007199254740992.0})");
    TAKES(R"({"n":{"$lt":9007199254740993}})", R"({"n":9007199254740992.0})");
    TAKES(R"({"n":{"$gt":9007199254740992.0}})", R"({"n":9007199254740993})");
    TAKES(R"({"n":{"$gt":-1}})", R"({"n":18446744073709551615})");
    TAKES(R"({"n":{"$lt":18446744073709551615}})", R"({"n":-9223372036854775808})");
    TAKES(R"({"n":{"$lt":18446744073709551616.0}})", R"({"n":18446744073709551615})");
    LEAVES(R"({"n":18446744073709551616.0})", R"({"n":18446744073709551615})");
    TAKES(R"({"n":{"$gt":-1e300}})", R"({"n":-9223372036854775808})");
    TAKES(R"({"n":-9223372036854775808.0})", R"({"n":-9223372036854775808})");
    TAKES(R"({"n":{"$between":[-1.5,-0.5]}})", R"({"n":-1})");
    TAKES(R"({"n":{"$in":[9007199254740993,2]}})", R"({"n":2.0})");
}

TEST_CASE("null equals null and a missing field") {
    TAKES(R"({"a":null})", R"({"a":null})");
    TAKES(R"({"a":null})", R"({"b":1})");
    TAKES(R"({"a":null})", "");
    LEAVES(R"({"a":null})", R"({"a":0})");
    LEAVES(R"({"a":{"$ne":null}})", R"({"b":1})");
    TAKES(R"({"a":{"$ne":null}})", R"({"a":0})");
    TAKES(R"({"a":{"$in":[1,null]}})", "{}");
    LEAVES(R"({"a":{"$nin":[1,null]}})", "{}");
}

TEST_CASE("$exists asks for the field, whatever its value") {
    TAKES(R"({"a":{"$exists":true}})", R"({"a":null})");
    LEAVES(R"({"a":{"$exists":true}})", R"({"b":1})");
    TAKES(R"({"a":{"$exists":false}})", R"({"b":1})");
    LEAVES(R"({"a.b":{"$exists":true}})", R"({"a":{"c":1}})");
    TAKES(R"({"a.b":{"$exists":true}})", R"({"a":[1,{"b":2}]})");
    LEAVES(R"({"a.b":{"$exists":true}})", R"({"a":[]})");
}

TEST_CASE("a dotted path goes into objects") {
    TAKES(R"({"author.name":"Ada"})", R"({"author":{"name":"Ada"}})");
    LEAVES(R"({"author.name":"Ada"})", R"({"author":"Ada"})");
    LEAVES(R"({"author.name":"Ada"})", R"({"author.name":"Ada"})");
    TAKES(R"({"a.b.c":{"$gt":1}})", R"({"a":{"b":{"c":2}}})");
    TAKES(R"({"a.b":null})", R"({"a":7})");
}

TEST_CASE("an array matches on any of its elements") {
    TAKES(R"({"tags":"red"})", R"({"tags":["blue","red","red"]})");
    LEAVES(R"({"tags":"green"})", R"({"tags":["blue","red"]})");
    TAKES(R"({"n":{"$gt":5}})", R"({"n":[1,9]})");
    TAKES(R"({"tags":{"$in":["x","red"]}})", R"({"tags":["blue","red"]})");
    LEAVES(R"({"tags":"red"})", R"({"tags":[]})");
    LEAVES(R"({"tags":"red"})", R"({"tags":[["red"]]})");
    TAKES(R"({"n":null})", R"({"n":[1,null]})");
    LEAVES(R"({"n":null})", R"({"n":[]})");
}

TEST_CASE("each operator may match on an element of its own, $between needs one for both ends") {
    TAKES(R"({"n":{"$gt":3,"$lt":3}})", R"({"n":[1,9]})");
    LEAVES(R"({"n":{"$between":[2,4]}})", R"({"n":[1,9]})");
    TAKES(R"({"n":{"$between":[2,4]}})", R"({"n":[1,3,9]})");
}

TEST_CASE("an array or an object can be compared as a whole") {
    TAKES(R"({"tags":["a","b"]})", R"({"tags":["a","b"]})");
    LEAVES(R"({"tags":["a","b"]})", R"({"tags":["b","a"]})");
    LEAVES(R"({"tags":["a"]})", R"({"tags":["a","b"]})");
    TAKES(R"({"tags":["a"]})", R"({"tags":[["a"],1]})");
    TAKES(R"({"o":{"x":1,"y":2}})", R"({"o":{"y":2.0,"x":1}})");
    LEAVES(R"({"o":{"x":1}})", R"({"o":{"x":1,"y":2}})");
    TAKES(R"({"o":{}})", R"({"o":{}})");
    TAKES(R"({"o":[]})", R"({"o":[]})");
}

TEST_CASE("a path goes through arrays of objects") {
    const std::string book = R"({"authors":[{"name":"Ada","born":1815},{"name":"Alan","born":1912}]})";
    TAKES(R"({"authors.name":"Alan"})", book);
    LEAVES(R"({"authors.name":"Grace"})", book);
    TAKES(R"({"authors.born":{"$lt":1900}})", book);
    TAKES(R"({"a.b.c":5})", R"({"a":[{"b":[{"c":1},{"c":[4,5]}]}]})");
    LEAVES(R"({"a.0":5})", R"({"a":[5]})");
    LEAVES(R"({"a.b":null})", R"({"a":[{"b":1},{}]})");
    TAKES(R"({"a.b":null})", R"({"a":[{},{}]})");
}

TEST_CASE("$ne, $nin and $not negate the whole") {
    TAKES(R"({"lang":{"$ne":"en"}})", R"({"lang":"de"})");
    TAKES(R"({"lang":{"$ne":"en"}})", "{}");
    LEAVES(R"({"tags":{"$ne":"red"}})", R"({"tags":["blue","red"]})");
    LEAVES(R"({"tags":{"$nin":["red"]}})", R"({"tags":["blue","red"]})");
    LEAVES(R"({"n":{"$not":{"$gt":5}}})", R"({"n":[1,9]})");
    TAKES(R"({"n":{"$not":{"$gt":5}}})", R"({"n":"a string"})");
    TAKES(R"({"n":{"$not":{"$gt":5}}})", "{}");
    TAKES(R"({"n":{"$not":{"$gte":1,"$lte":3}}})", R"({"n":4})");
    LEAVES(R"({"n":{"$not":{"$gte":1,"$lte":3}}})", R"({"n":2})");
    TAKES(R"({"n":{"$not":{"$not":{"$eq":2}}}})", R"({"n":2})");
    TAKES(R"({"$not":{"a":1,"b":2}})", R"({"a":1,"b":3})");
    LEAVES(R"({"$not":{"a":1,"b":2}})", R"({"a":1,"b":2})");
    LEAVES(R"({"$not":{}})", R"({"a":1})");
}

TEST_CASE("$and and $or take filters") {
    const std::string filter = R"({"$or":[{"a":1},{"$and":[{"b":2},{"c":{"$gt":3}}]}]})";
    TAKES(filter, R"({"a":1})");
    TAKES(filter, R"({"b":2,"c":4})");
    LEAVES(filter, R"({"b":2,"c":3})");
    LEAVES(filter, "{}");
    TAKES(R"({"$and":[]})", R"({"a":1})");
    TAKES(R"({"$and":[{"n":{"$gt":1}},{"n":{"$lt":3}}],"m":1})", R"({"n":2,"m":1})");
    TAKES(R"({"$or":[{}]})", "{}");
}

TEST_CASE("metadata that is no object matches like none") {
    TAKES(R"({"a":null})", "[1]");
    const auto filter = Filter::parse(json::parse(R"({"a":1})")).value();
    CHECK_FALSE(filter.matches(std::string_view("{\"a\":1")));
}

TEST_CASE("a filter can be copied and outlives what it was parsed from") {
    std::optional<Filter> copy;
    {
        const json text = json::parse(R"({"a":{"$in":["x","y"]}})");
        const Filter filter = Filter::parse(text).value();
        copy = filter;
    }
    CHECK(copy->matches(std::string_view(R"({"a":"y"})")));
}
