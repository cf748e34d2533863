// SPDX-License-Identifier: Apache-2.0
// Headers come from strangers: what is no JSON object, or a trap, is malformed.
#include <catch2/catch.hpp>

#include "vexfsd/requests/json.h"
#include "vexfsd/requests/message.h"

using namespace vexfs;
using json = nlohmann::json;

namespace {

std::string refusal(std::string_view text) {
    INFO(text.substr(0, 100));
    const auto header = decode_header(text);
    REQUIRE_FALSE(header);
    CHECK(header.error().code == ErrorCode::malformed);
    return header.error().message;
}

std::string nested(size_t depth, std::string_view open, std::string_view inner, std::string_view close) {
    std::string text;
    for (size_t i = 0; i < depth; ++i) text += open;
    text += inner;
    for (size_t i = 0; i < depth; ++i) text += close;
    return text;
}

}  // namespace

TEST_CASE("a header is a JSON object") {
    CHECK(decode_header(R"({})").value() == json::object());
    CHECK(decode_header(" {\"op\" : \"health\"}\r").value() == json{{"op", "health"}});
    for (const char* other : {"[]", "7", "\"op\"", "null", "true"}) {
        CHECK_THAT(refusal(other), Catch::Contains("not a JSON object"));
    }
}

TEST_CASE("a header that is no JSON is refused with the place") {
    CHECK_THAT(refusal(R"({"op": health})"), Catch::Contains("byte 8"));
    CHECK_THAT(refusal(R"({"op":"health")"), Catch::Contains("byte 15"));
    for (const char* other : {"", " ", "{", "}", "{\"a\":}", "{\"a\":1,}", "{'a':1}", "{\"a\":01}",
                              "{\"a\":NaN}", "{\"a\":1} {\"b\":2}", "{/*x*/}", "{\"a\":\"\x01\"}"}) {
        refusal(other);
    }
}

TEST_CASE("a number that no double can hold is refused") {
    refusal(R"({"limit":1e999})");
    CHECK(decode_header(R"({"limit":1e308})"));
}

TEST_CASE("whole numbers of 64 bits stay exact") {
    CHECK(decode_header(R"({"id":18446744073709551615})").value()["id"].get<uint64_t>() == UINT64_MAX);
}

TEST_CASE("a header is nested at most 64 levels deep") {
    CHECK(decode_header(nested(64, R"({"a":)", "1", "}")));
    CHECK_THAT(refusal(nested(65, R"({"a":)", "1", "}")), Catch::Contains("deeper than 64"));
    CHECK(decode_header("{\"a\":" + nested(63, "[", "1", "]") + "}"));
    CHECK_THAT(refusal("{\"a\":" + nested(64, "[", "1", "]") + "}"), Catch::Contains("deeper than 64"));
}

TEST_CASE("a million brackets are refused at the 65th") {
    CHECK_THAT(refusal("{\"a\":" + std::string(1'000'000, '[')), Catch::Contains("deeper than 64"));
    CHECK_THAT(refusal(nested(200'000, R"({"a":)", "", "")), Catch::Contains("deeper than 64"));
}

TEST_CASE("siblings do not count as depth") {
    std::string text = R"({"a":[)";
    for (int i = 0; i < 1000; ++i) text += i == 0 ? "[{}]" : ",[{}]";
    CHECK(decode_header(text + "]}"));
}

TEST_CASE("a header that is not UTF-8 is refused") {
    CHECK(
        decode_header("{\"a\":\"Gr\xc3\xbc\xc3\x9f"
                      "e \xf0\x9f\x98\x80\"}"));
    refusal("{\"a\":\"\xff\"}");
    refusal("{\"a\":\"\xc3\"}");              // cut off
    refusal("{\"a\":\"\xc0\xaf\"}");          // overlong
    refusal("{\"a\":\"\xed\xa0\x80\"}");      // a surrogate
    refusal("{\"a\":\"\xf5\x80\x80\x80\"}");  // beyond U+10FFFF
    refusal("{\"\xff\":1}");
    refusal("{\"a\":\"\\ud800\"}");  // an escaped surrogate without its other half
}

TEST_CASE("a key that is there twice in one object is refused") {
    CHECK_THAT(refusal(R"({"op":"get","op":"delete"})"), Catch::Contains("\"op\" is there twice"));
    // However many there are.
    for (const int keys : {1, 14, 15, 16, 17, 100}) {
        std::string many = R"({"op":"get")";
        for (int i = 0; i < keys; ++i) many += fmt::format(R"(,"key{}":{})", i, i);
        CHECK(decode_header(many + "}"));
        CHECK_THAT(refusal(many + R"(,"op":1})"), Catch::Contains("\"op\" is there twice"));
        CHECK_THAT(refusal(many + fmt::format(R"(,"key{}":1}})", keys - 1)),
                   Catch::Contains("is there twice"));
    }
    refusal(R"({"filter":{"a":1,"a":2}})");
    refusal(R"({"a":1,"\u0061":2})");
    CHECK(decode_header(R"({"a":{"b":1},"c":{"b":2},"d":[{"b":1},{"b":1}]})"));
}

TEST_CASE("what a message quotes of a request is short and whole UTF-8") {
    CHECK(excerpt(json("short")) == "\"short\"");
    std::string umlauts = "\"";
    for (int i = 0; i < 39; ++i) umlauts += "ü";
    std::string given;
    for (int i = 0; i < 500; ++i) given += "ü";
    CHECK(excerpt(json(given)) == umlauts + "...");
    CHECK(excerpt(json(std::vector<int>(5000))) == "an array of 5000");
}
