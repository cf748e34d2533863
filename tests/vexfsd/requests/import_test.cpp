// SPDX-License-Identifier: Apache-2.0
// Imports that can go on where they stopped: a mark with each write, and import.status.
#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

Message insert_with(std::string_view import) {
    return line(R"({"op":"insert","collection":"docs","vectors":[[6,0],[7,0]],"import":)" +
                std::string(import) + "}");
}

json rows_done(TestService& service, std::string_view key) {
    return service.ok(R"({"op":"import.status","collection":"docs","key":")" + std::string(key) +
                      "\"}")["rows_done"];
}

}  // namespace

TEST_CASE("a write's mark tells how far its source has come in") {
    TestService service;
    make_docs(service);
    CHECK(rows_done(service, "00000000000000ab") == 0);
    service.ok(insert_with(R"({"key":"00000000000000ab","rows_done":2})"));
    CHECK(rows_done(service, "00000000000000ab") == 2);
    service.ok(insert_with(R"({"key":"00000000000000AB","rows_done":4})"));
    CHECK(rows_done(service, "00000000000000ab") == 4);
    service.ok(insert_with(R"({"key":"ffffffffffffffff","rows_done":2})"));
    CHECK(rows_done(service, "00000000000000ab") == 4);
    CHECK(rows_done(service, "ffffffffffffffff") == 2);
}

TEST_CASE("a write that does not go on where its source stands is refused, so that no row comes in twice") {
    TestService service;
    make_docs(service);
    service.ok(insert_with(R"({"key":"00000000000000ab","rows_done":2})"));
    for (const char* rows : {"2", "3", "5", "100"}) {
        const Error error = service.refused(
            insert_with(R"({"key":"00000000000000ab","rows_done":)" + std::string(rows) + "}"));
        CHECK(error.code == ErrorCode::invalid_argument);
        CHECK_THAT(error.message, Catch::Contains("stands at row 2"));
    }
    CHECK(rows_done(service, "00000000000000ab") == 2);
    CHECK(service.ok(R"({"op":"collection.info","collection":"docs"})")["points"] == 7);
}

TEST_CASE("a write that is refused leaves no mark") {
    TestService service;
    make_docs(service);
    service.refused(R"({"op":"insert","collection":"docs","ids":[1],"vector":[1,0],
                        "import":{"key":"00000000000000ab","rows_done":1}})");
    CHECK(rows_done(service, "00000000000000ab") == 0);
}

TEST_CASE("marks outlive the store that took them") {
    const TemporaryDirectory directory;
    StoreOptions options;
    options.directory = directory.path();
    for (const bool first : {true, false}) {
        const auto store = Store::open(options).value();
        Service service(*store, {});
        const auto ask = [&](const Message& request) {
            return service.handle(request, daemon_user()).header;
        };
        if (first) {
            ask(line(R"({"op":"collection.create","collection":"docs","dimension":2})"));
            REQUIRE(ask(insert_with(R"({"key":"00000000000000ab","rows_done":2})"))["ok"] == true);
        }
        CHECK(ask(line(
                  R"({"op":"import.status","collection":"docs","key":"00000000000000ab"})"))["rows_done"] ==
              2);
    }
}

TEST_CASE("an import key is 16 hexadecimal digits and not 0") {
    TestService service;
    make_docs(service);
    for (const char* key :
         {R"("")", R"("0000000000000000")", R"("00000000000000a")", R"("00000000000000abc")",
          R"("00000000000000ag")", R"("0x000000000000ab")", "171", "null"}) {
        const Error error = service.refused(insert_with(R"({"rows_done":2,"key":)" + std::string(key) + "}"));
        CHECK_THAT(error.message, Catch::StartsWith("import.key must be 16 hexadecimal digits"));
        CHECK(service.refused(R"({"op":"import.status","collection":"docs","key":)" + std::string(key) + "}")
                  .code == ErrorCode::invalid_argument);
    }
}

TEST_CASE("a mark has a key and the rows done, at least those of its write") {
    TestService service;
    make_docs(service);
    for (const char* import :
         {"{}", "[]", "7", R"({"key":"00000000000000ab"})", R"({"rows_done":2})",
          R"({"key":"00000000000000ab","rows_done":0})", R"({"key":"00000000000000ab","rows_done":"2"})",
          R"({"key":"00000000000000ab","rows_done":2,"file":"x"})"}) {
        CHECK(service.refused(insert_with(import)).code == ErrorCode::invalid_argument);
    }
    CHECK(service.refused(insert_with(R"({"key":"00000000000000ab","rows_done":1})")).message ==
          "import.rows_done is 1, this request alone has 2 rows");
    CHECK(service.ok(R"({"op":"collection.info","collection":"docs"})")["points"] == 5);
}
