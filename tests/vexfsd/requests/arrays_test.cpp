// SPDX-License-Identifier: Apache-2.0
// The arrays of a message: what its header says of its body.
#include <catch2/catch.hpp>

#include "vexfsd/requests/message.h"

using namespace vexfs;
using json = nlohmann::json;

namespace {

Message with_arrays(std::string_view arrays, size_t body_bytes) {
    Message message;
    message.header["arrays"] = json::parse(arrays);
    message.body.resize(body_bytes);
    return message;
}

std::string refusal(std::string_view arrays, size_t body_bytes) {
    INFO(arrays);
    const auto views = arrays_of(with_arrays(arrays, body_bytes));
    REQUIRE_FALSE(views);
    CHECK(views.error().code == ErrorCode::malformed);
    return views.error().message;
}

// The bytes of the only array.
size_t taken(std::string_view arrays, size_t body_bytes) {
    INFO(arrays);
    const auto views = arrays_of(with_arrays(arrays, body_bytes));
    REQUIRE(views);
    return views->at(0).bytes.size();
}

}  // namespace

TEST_CASE("a message without arrays has no body") {
    CHECK(arrays_of(Message{}).value().empty());
    CHECK_THAT(refusal("[]", 4), Catch::Contains("the body has 4 bytes, the arrays take 0"));
    Message unannounced;
    unannounced.body.resize(1);
    CHECK(arrays_of(unannounced).error().code == ErrorCode::malformed);
}

TEST_CASE("arrays follow each other in the body without gaps") {
    Message message = with_arrays(R"([{"name":"a","dtype":"u8","shape":[3]},
                                      {"name":"b","dtype":"f32","shape":[1,2]},
                                      {"name":"c","dtype":"u64","shape":[1]}])",
                                  3 + 8 + 8);
    const auto views = arrays_of(message).value();
    CHECK(views[0].bytes.data() == message.body.data());
    CHECK(views[1].bytes.data() == message.body.data() + 3);
    CHECK(views[2].bytes.data() == message.body.data() + 11);
    CHECK(views[2].bytes.size() == 8);
}

TEST_CASE("an array takes its shape's product times the size of its dtype") {
    CHECK(taken(R"([{"name":"a","dtype":"f32","shape":[2,3]}])", 24) == 24);
    CHECK(taken(R"([{"name":"a","dtype":"u64","shape":[2,3]}])", 48) == 48);
    CHECK(taken(R"([{"name":"a","dtype":"u8","shape":[2,3]}])", 6) == 6);
    CHECK(taken(R"([{"name":"a","dtype":"f32","shape":[]}])", 4) == 4);
    CHECK(taken(R"([{"name":"a","dtype":"f32","shape":[1,1,1,1,1,1,1,2]}])", 8) == 8);
}

TEST_CASE("an axis of 0 makes an array empty, however long the others are") {
    CHECK(taken(R"([{"name":"a","dtype":"f32","shape":[0]}])", 0) == 0);
    CHECK(taken(R"([{"name":"a","dtype":"f32","shape":[18446744073709551615,18446744073709551615,0]}])", 0) ==
          0);
}

TEST_CASE("a body that is shorter or longer than its arrays is refused") {
    CHECK_THAT(refusal(R"([{"name":"a","dtype":"f32","shape":[2]}])", 7),
               Catch::Contains("the body ends within array"));
    CHECK_THAT(refusal(R"([{"name":"a","dtype":"f32","shape":[2]}])", 0),
               Catch::Contains("the body ends within array"));
    CHECK_THAT(refusal(R"([{"name":"a","dtype":"f32","shape":[]}])", 3),
               Catch::Contains("the body ends within array"));
    CHECK_THAT(refusal(R"([{"name":"a","dtype":"f32","shape":[2]}])", 9),
               Catch::Contains("the body has 9 bytes, the arrays take 8"));
    CHECK_THAT(
        refusal(R"([{"name":"a","dtype":"u8","shape":[4]},{"name":"b","dtype":"f32","shape":[2]}])", 8),
        Catch::Contains("\"b\""));
}

TEST_CASE("a shape whose product overflows is more than the body holds") {
    for (const char* shape : {"[18446744073709551615]", "[4611686018427387904]", "[4294967296,4294967296]",
                              "[9223372036854775808,2]", "[2,9223372036854775808]",
                              "[65536,65536,65536,65536]", "[3,6148914691236517206]"}) {
        const std::string arrays = R"([{"name":"a","dtype":"f32","shape":)" + std::string(shape) + "}]";
        CHECK_THAT(refusal(arrays, 8), Catch::Contains("the body ends within array"));
        CHECK_THAT(refusal(arrays, 0), Catch::Contains("the body ends within array"));
    }
}

TEST_CASE("a shape is a list of counts, of at most 8 axes") {
    for (const char* shape : {"null", "7", "{}", "\"2\"", "[-1]", "[1.5]", "[2.0]", "[\"2\"]", "[null]",
                              "[[2]]", "[1e3]", "[18446744073709551616]", "[1,1,1,1,1,1,1,1,1]"}) {
        refusal(R"([{"name":"a","dtype":"u8","shape":)" + std::string(shape) + "}]", 2);
    }
    refusal(R"([{"name":"a","dtype":"u8"}])", 0);
}

TEST_CASE("the dtypes are f32, u64 and u8") {
    for (const char* dtype : {"\"f64\"", "\"<f4\"", "\"F32\"", "\"\"", "32", "null"}) {
        refusal(R"([{"name":"a","dtype":)" + std::string(dtype) + R"(,"shape":[1]}])", 8);
    }
    refusal(R"([{"name":"a","shape":[1]}])", 4);
    // Also where nothing of it would be read.
    refusal(R"([{"name":"a","dtype":"f64","shape":[0]}])", 0);
}

TEST_CASE("an array has a name of its own and nothing more than dtype and shape") {
    refusal(R"([{"dtype":"u8","shape":[1]}])", 1);
    refusal(R"([{"name":7,"dtype":"u8","shape":[1]}])", 1);
    CHECK_THAT(refusal(R"([{"name":"a","dtype":"u8","shape":[1]},{"name":"a","dtype":"u8","shape":[1]}])", 2),
               Catch::Contains("\"a\" is there twice"));
    CHECK_THAT(refusal(R"([{"name":"a","dtype":"u8","shape":[1],"order":"F"}])", 1),
               Catch::Contains("\"order\""));
}

TEST_CASE("arrays is a list of at most 64 objects") {
    for (const char* arrays : {"{}", "null", "7", "[7]", "[[]]", "[null]"}) refusal(arrays, 0);
    json many = json::array();
    for (int i = 0; i < 64; ++i)
        many.push_back({{"name", std::to_string(i)}, {"dtype", "u8"}, {"shape", {1}}});
    CHECK(arrays_of(with_arrays(many.dump(), 64)));
    many.push_back({{"name", "64"}, {"dtype", "u8"}, {"shape", {1}}});
    CHECK_THAT(refusal(many.dump(), 65), Catch::Contains("65 arrays"));
}
