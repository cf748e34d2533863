// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/formats/files.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("json lines: each is an object, its text is kept, a blank line is \"\"") {
    const Directory directory;
    auto lines =
        JsonLines::open(directory.file("m", "{\"word\": \"king\"}\n\n  \r\n{\"n\":1.50}\r\n{}")).value();
    CHECK(lines->next() == R"({"word": "king"})");
    CHECK(lines->line() == 1);
    CHECK(lines->next() == "");
    CHECK(lines->next() == "");
    CHECK(lines->next() == R"({"n":1.50})");
    CHECK(lines->line() == 4);
    CHECK(lines->next() == "{}");
    CHECK(lines->next() == std::nullopt);
    CHECK(lines->next() == std::nullopt);
}

TEST_CASE("json lines: an empty file has none") {
    const Directory directory;
    CHECK(JsonLines::open(directory.file("m", "")).value()->next() == std::nullopt);
}

TEST_CASE("json lines: what is no object names its line") {
    const Directory directory;
    const auto check = [&](const std::string& line, ErrorCode code, const std::string& message) {
        auto lines = JsonLines::open(directory.file("m", "{}\n" + line + "\n")).value();
        REQUIRE(lines->next() == "{}");
        const auto result = lines->next();
        REQUIRE_FALSE(result.has_value());
        INFO(result.error().message);
        CHECK(result.error().code == code);
        CHECK_THAT(result.error().message, says(message));
    };
    check("[1]", ErrorCode::malformed, "line 2 is not a JSON object");
    check("7", ErrorCode::malformed, "line 2 is not a JSON object");
    check("null", ErrorCode::malformed, "line 2 is not a JSON object");
    check("{\"a\":}", ErrorCode::malformed, "line 2, column 6");
    check("{} {}", ErrorCode::malformed, "line 2, column 4");
    check("{\"a\":\"" + std::string(5000, 'x'), ErrorCode::malformed, "...");
    std::string deep;
    for (int i = 0; i < 101; ++i) deep += "{\"a\":";
    check(deep + "1" + std::string(101, '}'), ErrorCode::too_large, "more than 100 deep");
}
