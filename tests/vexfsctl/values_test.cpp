// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/values.h"

#include <catch2/catch.hpp>

using namespace vexfs::ctl;
using vexfs::ErrorCode;

TEST_CASE("values of --set are numbers and booleans where they are, and strings else") {
    const auto parameters =
        parameters_from_assignments({"m=16", "ml=0.5", "fast=true", "durability=async", "x=a=b"});
    REQUIRE(parameters);
    CHECK(*parameters ==
          nlohmann::json{{"m", 16}, {"ml", 0.5}, {"fast", true}, {"durability", "async"}, {"x", "a=b"}});
}

TEST_CASE("an assignment of --set is KEY=VALUE, each key once") {
    for (const char* wrong : {"m", "=16", ""}) {
        const auto parameters = parameters_from_assignments({wrong});
        REQUIRE_FALSE(parameters);
        CHECK(parameters.error().code == ErrorCode::invalid_argument);
    }
    const auto twice = parameters_from_assignments({"m=1", "m=2"});
    REQUIRE_FALSE(twice);
    CHECK(twice.error().message == "parameter m is given twice");
}

TEST_CASE("option --like takes an id or a metadata field") {
    CHECK(like_from_text("7").value() == nlohmann::json{{"id", 7}});
    CHECK(like_from_text("18446744073709551615").value().at("id") == UINT64_MAX);
    CHECK(like_from_text("word=king").value() == nlohmann::json{{"field", "word"}, {"value", "king"}});
    CHECK(like_from_text("year=1984").value() == nlohmann::json{{"field", "year"}, {"value", 1984}});
    CHECK(like_from_text("a.b=true").value() == nlohmann::json{{"field", "a.b"}, {"value", true}});
    CHECK(like_from_text("word=null").value().at("value") == "null");
    for (const char* wrong : {"", "king", "-1", "7x", "=king", "18446744073709551616"}) {
        INFO(wrong);
        CHECK_FALSE(like_from_text(wrong));
    }
}

TEST_CASE("option --vector takes a JSON array of numbers") {
    CHECK(vector_from_argument("[1,2.5,-3e2]").value() == std::vector<float>{1, 2.5f, -300});
    CHECK(vector_from_argument("[[1,2]]").value() == std::vector<float>{1, 2});
}

TEST_CASE("what is wrong with a vector is said") {
    const auto error_of = [](const char* text) { return vector_from_argument(text).error(); };
    CHECK(error_of("1,2").code == ErrorCode::malformed);
    CHECK(error_of(R"([1,"x"])").message == "value 1 of --vector is string, not a number");
    CHECK(error_of("[1,1e39]").code == ErrorCode::not_finite);
    CHECK(error_of("@/nonexistent/x.json").code == ErrorCode::not_found);
    CHECK(error_of("@/nonexistent/x.npy").code == ErrorCode::not_found);
}

TEST_CASE("JSON options must be objects") {
    CHECK(object_from_text("--filter", R"({"a":1})").value() == nlohmann::json{{"a", 1}});
    CHECK(object_from_text("--filter", "[1]").error().message == "--filter is a JSON array, not an object");
    CHECK(object_from_text("--filter", "{a:1}").error().message ==
          "--filter is not JSON: it breaks at byte 2");
}
