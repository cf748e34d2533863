// SPDX-License-Identifier: Apache-2.0
// Metadata of a write: an object for each vector, or null, as JSON or as lines of an array.
#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

Message upsert_lines(std::string_view lines) {
    Message request = frame(R"({"op":"upsert","collection":"docs"})");
    add_array(request, "vectors", std::vector<float>{1, 0, 2, 0}, {2, 2});
    add_array(request, "ids", Ids{1, 2}, {2});
    add_array(request, "metadata", lines);
    return request;
}

json stored(TestService& service) {
    const json points = service.ok(R"({"op":"get","collection":"docs","ids":[1,2]})")["points"];
    return {points[0]["metadata"], points[1]["metadata"]};
}

std::string nested(size_t depth) {
    std::string text;
    for (size_t i = 0; i < depth; ++i) text += R"({"a":)";
    return text + "1" + std::string(depth, '}');
}

}  // namespace

TEST_CASE("an array of metadata has a line for each vector, blank for none") {
    TestService service;
    make_docs(service);
    const auto taken = [&](std::string_view lines) {
        REQUIRE_FALSE(error_of(service.ask(upsert_lines(lines))));
        return stored(service);
    };
    const json both = json::parse(R"([{"a":1},{"b":2}])");
    CHECK(taken("{\"a\":1}\n{\"b\":2}\n") == both);
    CHECK(taken("{\"a\":1}\n{\"b\":2}") == both);
    CHECK(taken("{\"a\":1}\r\n{\"b\":2}\r\n") == both);
    CHECK(taken("\n{\"b\":2}\n") == json::parse(R"([null,{"b":2}])"));
    CHECK(taken("{\"a\":1}\n\n") == json::parse(R"([{"a":1},null])"));
    CHECK(taken("{\"a\":1}\n \t") == json::parse(R"([{"a":1},null])"));
    CHECK(taken("\n") == json::parse("[null,null]"));
}

TEST_CASE("other than a line for each vector is refused with both counts") {
    TestService service;
    make_docs(service);
    const auto refused = [&](std::string_view lines) {
        const Error error = service.refused(upsert_lines(lines));
        CHECK(error.code == ErrorCode::invalid_argument);
        return error.message;
    };
    CHECK(refused("") == "array metadata has 1 lines, there are 2 vectors");
    CHECK(refused("{}") == "array metadata has 1 lines, there are 2 vectors");
    CHECK(refused("{}\n{}\n{}") == "array metadata has more than 2 lines, there are 2 vectors");
    CHECK(refused("{}\n{}\n\n") == "array metadata has more than 2 lines, there are 2 vectors");
    CHECK(refused(std::string(1000, '\n')) == "array metadata has more than 2 lines, there are 2 vectors");
}

TEST_CASE("a line of metadata is a JSON object") {
    TestService service;
    make_docs(service);
    const json before = stored(service);
    for (const char* bad :
         {"{}\n[]\n", "{}\n7\n", "{}\n{\"a\":}\n", "{}\n{} {}\n", "{}\n{\"a\":\"\xff\"}\n"}) {
        INFO(bad);
        const Error error = service.refused(upsert_lines(bad));
        CHECK(error.code == ErrorCode::malformed);
        CHECK_THAT(error.message, Catch::Contains("row 1"));
    }
    CHECK(stored(service) == before);
}

TEST_CASE("JSON metadata have an entry for each vector, an object or null") {
    TestService service;
    make_docs(service);
    const auto refused = [&](std::string_view metadata) {
        const Error error =
            service.refused(R"({"op":"insert","collection":"docs","vectors":[[1,0],[2,0]],"metadata":)" +
                            std::string(metadata) + "}");
        CHECK(error.code == ErrorCode::invalid_argument);
        CHECK(error.hint == (error.message.find("entries") == std::string::npos && metadata.front() == '['
                                 ? ""
                                 : "one for each vector, null for none"));
        return error.message;
    };
    CHECK(refused("[{}]") == "metadata has 1 entries, there are 2 vectors");
    CHECK(refused("[{},{},{}]") == "metadata has 3 entries, there are 2 vectors");
    CHECK(refused("[{},7]") == "metadata holds 7 at 1, not an object or null");
    CHECK(refused("{\"a\":1}") == "metadata must be an array of objects, not {\"a\":1}");
    Message twice = upsert_lines("{}\n{}\n");
    twice.header["metadata"] = {nullptr, nullptr};
    CHECK(service.refused(twice).message == "the request has metadata twice");
}

TEST_CASE("metadata of one point are at most a MiB") {
    TestService service;
    make_docs(service);
    const std::string fits = "{\"a\":\"" + std::string((1 << 20) - 8, 'x') + "\"}";
    CHECK_FALSE(error_of(service.ask(upsert_lines(fits + "\n\n"))));
    const std::string more = "{\"a\":\"" + std::string((1 << 20) - 7, 'x') + "\"}";
    CHECK(service.refused(upsert_lines(more + "\n\n")).code == ErrorCode::too_large);
}

TEST_CASE("metadata nested too deep are refused however they come in") {
    TestService service;
    make_docs(service);
    const Error error = service.refused(upsert_lines("{}\n" + nested(1000) + "\n"));
    CHECK(error.code == ErrorCode::malformed);
    CHECK_THAT(error.message, Catch::Contains("the metadata of row 1 are nested deeper than"));
    // Brackets within strings nest nothing.
    CHECK_FALSE(error_of(service.ask(upsert_lines("{\"a\":\"\\\"" + std::string(1000, '[') + "\"}\n\n"))));
}

TEST_CASE("metadata that were taken come back in replies that can be read") {
    TestService service;
    make_docs(service);
    size_t depth = 0;
    while (!error_of(service.ask(upsert_lines(nested(depth + 1) + "\n\n")))) ++depth;
    CHECK(depth >= 32);
    CHECK(stored(service)[0] == json::parse(nested(depth)));
    const auto readable = [&](std::string_view request) {
        const auto bytes = encode(service.ask(line(request)));
        const auto header = decode_header({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        INFO((header ? "" : header.error().message));
        return header.has_value() && (*header)["ok"] == true;
    };
    CHECK(readable(R"({"op":"get","collection":"docs","ids":[1]})"));
    CHECK(readable(R"({"op":"scroll","collection":"docs"})"));
    CHECK(readable(R"({"op":"search","collection":"docs","vector":[1,0]})"));

    const std::string deepest = nested(60);
    CHECK(service
              .refused(R"({"op":"upsert","collection":"docs","ids":[1],"vector":[1,0],"metadata":[)" +
                       deepest + "]}")
              .code == ErrorCode::malformed);
    CHECK(service.refused(R"({"op":"update_metadata","collection":"docs","id":1,"metadata":)" + deepest + "}")
              .code == ErrorCode::malformed);
}
