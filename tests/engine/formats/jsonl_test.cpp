// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/formats/files.h"

using namespace vexfs;
using namespace vexfs::test;
using Floats = std::vector<float>;
using Texts = std::vector<std::string>;
using Ids = std::vector<uint64_t>;

TEST_CASE("jsonl: objects with vector, id and metadata") {
    const Directory directory;
    const auto all =
        read_all(
            directory.file("a.jsonl",
                           "{\"id\":7,\"vector\":[1,2.5],\"metadata\":{\"word\":\"king\",\"n\":1.0}}\n"
                           "{\"vector\":[-3,4e1],\"id\":18446744073709551615}\r\n"
                           "\n"
                           "{\"metadata\":{\"a\":[1,{\"b\":null},[]],\"c\":{}},\"id\":0,\"vector\":[0,0]}"))
            .value();
    CHECK(all.rows == 3);
    CHECK(all.vectors == Floats{1, 2.5, -3, 40, 0, 0});
    CHECK(all.ids == Ids{7, ~uint64_t{0}, 0});
    CHECK(all.metadata == Texts{R"({"word":"king","n":1.0})", "", R"({"a":[1,{"b":null},[]],"c":{}})"});
}

TEST_CASE("jsonl: a line that is an array is a vector alone") {
    const Directory directory;
    auto reader = VectorReader::open(directory.file("a.jsonl", "[1,2]\n[3,4]\n[5,6]\n")).value();
    CHECK(reader->dimension() == 2);
    CHECK_FALSE(reader->rows().has_value());
    CHECK(reader->skip(1) == 1u);
    const VectorBlock block = reader->read(9).value();
    CHECK(block.vectors == Floats{3, 4, 5, 6});
    CHECK(block.ids.empty());
    CHECK(block.metadata.empty());
    CHECK(reader->skip(9) == 0u);
}

TEST_CASE("jsonl: a byte order mark is passed over") {
    const Directory directory;
    CHECK(read_all(directory.file("a.jsonl", "\xEF\xBB\xBF[1]\n"))->vectors == Floats{1});
}

TEST_CASE("jsonl: metadata keeps its numbers and its text") {
    const Directory directory;
    const std::string metadata =
        R"({"big":9007199254740993,"exact":0.10000000000000000001,"e":1E5,"n":-0,"t":true,"u":"\"\\ \u00e9 \n"})";
    const auto all = read_all(directory.file("a.jsonl", R"({"vector":[1],"metadata":)" + metadata + "}\n"));
    CHECK(all->metadata.front() ==
          "{\"big\":9007199254740993,\"exact\":0.10000000000000000001,\"e\":1E5,\"n\":0,\"t\":true,"
          "\"u\":\"\\\"\\\\ \xC3\xA9 \\n\"}");
    CHECK(read_all(directory.file("a.jsonl", R"({"vector":[1],"metadata":null})"))->metadata.empty());
}

TEST_CASE("jsonl: damage names line and column") {
    const Directory directory;
    const auto check = [&](const std::string& line, ErrorCode code, const std::string& message) {
        const Error error = error_of(directory.file("a.jsonl", "[1,2]\n" + line + "\n[1,2]\n"));
        INFO(error.message);
        CHECK(error.code == code);
        CHECK_THAT(error.message, says("line 2"));
        CHECK_THAT(error.message, says(message));
    };
    check("[1,x]", ErrorCode::malformed, "line 2, column 4: ");
    check("[1,2", ErrorCode::malformed, "column 5");
    check("[1,2]]", ErrorCode::malformed, "column 6");
    check("[1,NaN]", ErrorCode::malformed, "column 4");
    check("[1,\"2\"]", ErrorCode::malformed, "element 1 (counted from 0) of the vector is a string");
    check("[1,null]", ErrorCode::malformed, "element 1 (counted from 0) of the vector is null");
    check("[[1],2]", ErrorCode::malformed, "an array, not a number");
    check("[{},2]", ErrorCode::malformed, "an object, not a number");
    check("[1,1e39]", ErrorCode::not_finite, "column 1 (counted from 0) of the vector is 1e+39");
    check("[1,1e999]", ErrorCode::not_finite, "1e999");
    check("[]", ErrorCode::malformed, "no elements");
    check("[1,2,3]", ErrorCode::dimension_mismatch, "has 3 values, the lines before it have 2");
    check("17", ErrorCode::malformed, "neither an object nor an array");
    check("null", ErrorCode::malformed, "neither an object nor an array");
    check("\"text\"", ErrorCode::malformed, "neither an object nor an array");
    check("{}", ErrorCode::malformed, "no \"vector\"");
    check("{\"vector\":[]}", ErrorCode::malformed, "no elements");
    check("{\"vector\":null}", ErrorCode::malformed, "\"vector\" is null, not an array");
    check("{\"vector\":1}", ErrorCode::malformed, "\"vector\" is a number, not an array");
    check("{\"vector\":{}}", ErrorCode::malformed, "\"vector\" is an object, not an array");
    check("{\"vector\":[1,2],\"id\":-1}", ErrorCode::malformed, "\"id\" is a negative number");
    check("{\"vector\":[1,2],\"id\":1.5}", ErrorCode::malformed, "\"id\" is a number with a fraction");
    check("{\"vector\":[1,2],\"id\":[1]}", ErrorCode::malformed, "\"id\" is an array");
    check("{\"vector\":[1,2],\"id\":18446744073709551616}", ErrorCode::malformed, "not a whole number");
    check("{\"vector\":[1,2],\"id\":1}", ErrorCode::malformed, "the lines before it have none");
    check("{\"vector\":[1,2],\"metadata\":[1]}", ErrorCode::malformed, "\"metadata\" is an array");
    check("{\"vector\":[1,2],\"metadata\":\"x\"}", ErrorCode::malformed, "\"metadata\" is a string");
    check("{\"vector\":[1,2],\"vector\":[1,2]}", ErrorCode::malformed, "\"vector\" stands there twice");
    check("{\"vector\":[1,2],\"word\":\"x\"}", ErrorCode::malformed, "unknown key \"word\"");
    check("{\"vector\":[1,2],\"metadata\":{\"a\":\"\xFF\"}}", ErrorCode::malformed,
          "column 34: syntax error while parsing value - invalid string: ill-formed UTF-8 byte; last read: "
          "'\"?");
}

TEST_CASE("jsonl: rows have an id all or none") {
    const Directory directory;
    const Error error = error_of(directory.file("a.jsonl", "{\"id\":1,\"vector\":[1]}\n{\"vector\":[1]}\n"));
    CHECK_THAT(error.message, says("line 2: no \"id\", the lines before it have one"));
}

TEST_CASE("jsonl: a file of blank lines holds no vectors") {
    const Directory directory;
    CHECK_THAT(error_of(directory.file("a.jsonl", "\n  \n\r\n")).message, says("blank lines only"));
}

TEST_CASE("jsonl: dimension and depth have limits that hold before memory is taken") {
    const Directory directory;
    std::string wide = "[1";
    for (int i = 0; i < 65'536; ++i) wide += ",1";
    CHECK(error_of(directory.file("a.jsonl", wide + "]")).code == ErrorCode::too_large);
    const auto nested = [](size_t depth) {  // {"a":{"a":...{}}}, depth braces in all
        std::string text;
        for (size_t i = 1; i < depth; ++i) text += "{\"a\":";
        return R"({"vector":[1],"metadata":)" + text + "{}" + std::string(depth - 1, '}') + "}";
    };
    CHECK(read_all(directory.file("a.jsonl", nested(100))).has_value());
    CHECK(error_of(directory.file("a.jsonl", nested(101))).code == ErrorCode::too_large);
    CHECK(error_of(directory.file("a.jsonl", nested(1'000'000))).code == ErrorCode::too_large);
    CHECK(error_of(directory.file("a.jsonl", std::string(1'000'000, '['))).code == ErrorCode::malformed);
}

TEST_CASE("jsonl: a line longer than 64 MiB is refused") {
    const Directory directory;
    std::string text = "[1]\n";
    text.append((64u << 20) + 1, ' ');
    text += "\n[1]\n";
    const Error error = error_of(directory.file("a.jsonl", text));
    CHECK(error.code == ErrorCode::too_large);
    CHECK_THAT(error.message, says("line 2 is longer than 67108864 bytes"));
}

TEST_CASE("jsonl: lines longer than a read are put together") {
    const Directory directory;
    std::string text;
    for (int row = 0; row < 3; ++row) {
        text += "{\"vector\":[" + std::to_string(row) + "],\"metadata\":{\"t\":\"" +
                std::string(1'500'000, 'x') + "\"}}\n";
    }
    const auto all = read_all(directory.file("a.jsonl", text)).value();
    CHECK(all.vectors == Floats{0, 1, 2});
    CHECK(all.metadata[2].size() == 1'500'000 + 8);
}
