// SPDX-License-Identifier: Apache-2.0
// What is read and written by the short way is what all of JSON is by the long one.
#include "vexfsd/requests/plain_json.h"

#include <catch2/catch.hpp>
#include <random>

#include "vexfsd/requests/json.h"

using namespace vexfs;
using json = nlohmann::json;

namespace {

const std::vector<std::string> plain{
    "{}",
    " { } ",
    R"({"op":"health"})",
    R"({"op":"insert","collection":"rows","arrays":[{"name":"vectors","dtype":"f32","shape":[10,100]}]})",
    "\t{\"a\" : [ ] ,\r\n \"b\":[ 1 , 2,3],\"c\":{\"d\":{}} }\n",
    R"({"zero":0,"most":999999999999999999,"yes":true,"no":false,"none":null,"empty":""})",
    R"({"b":1,"a":"!~ '/","c":[[[[0]]]]})",
};

const std::vector<std::string> more{
    "",
    "[]",
    "7",
    "null",
    "{",
    R"({"a")",
    R"({"a":})",
    R"({"a":1,})",
    R"({,"a":1})",
    R"({"a":1 "b":2})",
    R"({"a":[1,]})",
    R"({"a":[1 2]})",
    R"({"a":01})",
    R"({"a":1.5})",
    R"({"a":1e3})",
    R"({"a":-1})",
    R"({"a":+1})",
    R"({"a":1000000000000000000})",
    R"({"a":tru})",
    R"({"a":nulll})",
    R"({"a":"b)",
    R"({"a":"\n"})",
    "{\"a\":\"\t\"}",
    "{\"a\":\"\xC3\xA9\"}",
    "{\"a\":\"\x7F\"}",
    R"({"a":1,"a":2})",
    R"({"a":1} {)",
    R"({"a":[[[[[[[[1]]]]]]]]})",
    "{'a':1}",
};

// Numbers that are equal may be of two kinds.
bool same(const json& one, const json& other) {
    if (one.type() != other.type() || one.size() != other.size()) return false;
    if (!one.is_structured()) return one == other;
    if (one.is_object() && one != other) return false;
    return std::equal(one.begin(), one.end(), other.begin(), same);
}

}  // namespace

TEST_CASE("plain JSON is read as all JSON is") {
    for (const std::string& text : plain) {
        INFO(text);
        const auto read = read_plain(text);
        REQUIRE(read);
        CHECK(same(*read, json::parse(text)));
        CHECK(same(parse_object(text).value(), *read));
    }
}

TEST_CASE("what is more than plain JSON, or none, is left to those who know all of it") {
    for (const std::string& text : more) {
        INFO(text);
        CHECK_FALSE(read_plain(text));
    }
}

TEST_CASE("plain JSON with bytes that are others is read as all JSON is, or not") {
    std::minstd_rand random(1);
    const std::string_view bytes = "{}[]:,\"\\ 0123456789-+.eEtrufalsn\t\n\x01\x7F\xC3\xA9";
    int taken = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string text = plain[random() % plain.size()];
        for (auto changes = random() % 3; changes > 0; --changes) {
            const size_t at = random() % text.size();
            const char byte = bytes[random() % bytes.size()];
            if (random() % 2 == 0) {
                text[at] = byte;
            } else {
                text.insert(at, 1, byte);
            }
        }
        const auto read = read_plain(text);
        if (!read) continue;
        ++taken;
        INFO(text);
        REQUIRE(json::accept(text));
        REQUIRE(same(*read, json::parse(text)));
    }
    CHECK(taken > 5'000);
}

TEST_CASE("plain JSON is written as all JSON is") {
    for (const std::string& text : plain) {
        const json value = json::parse(text);
        std::string written;
        REQUIRE(write_plain(value, written));
        CHECK(written == value.dump());
    }
    for (const json& value : {json(INT64_MIN), json(-1), json(UINT64_MAX), json(true), json("text")}) {
        std::string written;
        REQUIRE(write_plain(value, written));
        CHECK(written == value.dump());
    }
    for (const json& value :
         {json(1.5), json("\n"), json("\""), json("\xC3\xA9"), json{{"\\", 1}}, json{{"a", {1, 2.5}}}}) {
        std::string written;
        CHECK_FALSE(write_plain(value, written));
        CHECK(to_text(value) == value.dump());
    }
}
