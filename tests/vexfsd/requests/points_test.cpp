// SPDX-License-Identifier: Apache-2.0
// insert, upsert, get, delete, update_metadata.
#include <cstring>

#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

json metadata_of_point(TestService& service, uint64_t id) {
    const json request{{"op", "get"}, {"collection", "docs"}, {"ids", {id}}};
    return service.ok(request.dump())["points"][0]["metadata"];
}

}  // namespace

TEST_CASE("points are inserted with ids of their own, or ids are assigned") {
    TestService service;
    make_docs(service);
    const json given =
        service.ok(R"({"op":"insert","collection":"docs","ids":[70,60],"vectors":[[7,0],[6,0]]})");
    CHECK(given["inserted"] == 2);
    CHECK(given["replaced"] == 0);
    CHECK(given["ids"] == json{70, 60});
    const json assigned = service.ok(R"({"op":"insert","collection":"docs","vector":[8,0]})");
    CHECK(assigned["ids"] == json{71});
}

TEST_CASE("a frame is answered with the ids as an array") {
    TestService service;
    make_docs(service);
    Message request = frame(R"({"op":"insert","collection":"docs"})");
    add_array(request, "vectors", std::vector<float>{7, 0, 8, 0}, {2, 2});
    add_array(request, "ids", std::vector<uint64_t>{UINT64_MAX - 1, 9}, {2});
    add_array(request, "metadata", "\n{\"word\":\"nine\"}\n");
    const Message reply = service.ask(request);
    REQUIRE_FALSE(error_of(reply));
    CHECK_FALSE(reply.header.contains("ids"));
    const auto arrays = arrays_of(reply).value();
    REQUIRE(arrays.size() == 1);
    CHECK(arrays[0].name == "ids");
    CHECK(arrays[0].dtype == "u64");
    const Ids expected{UINT64_MAX - 1, 9};
    REQUIRE(arrays[0].bytes.size() == 16);
    CHECK(std::memcmp(arrays[0].bytes.data(), expected.data(), 16) == 0);
    CHECK(metadata_of_point(service, 9) == json{{"word", "nine"}});
    CHECK(metadata_of_point(service, UINT64_MAX - 1).is_null());
}

TEST_CASE("insert refuses an id that is taken, and nothing of the request is written") {
    TestService service;
    make_docs(service);
    const Error error =
        service.refused(R"({"op":"insert","collection":"docs","ids":[6,3],"vectors":[[6,0],[9,9]]})");
    CHECK(error.code == ErrorCode::already_exists);
    CHECK_THAT(error.message, Catch::Contains("3"));
    CHECK(service.ok(R"({"op":"get","collection":"docs","ids":[6]})")["missing"] == json{6});
    // The same id twice in one request can never be right.
    CHECK(
        service.refused(R"({"op":"insert","collection":"docs","ids":[6,6],"vectors":[[6,0],[9,9]]})").code ==
        ErrorCode::invalid_argument);
}

TEST_CASE("upsert takes the place of the points that are there") {
    TestService service;
    make_docs(service);
    const json reply = service.ok(R"({"op":"upsert","collection":"docs","ids":[3,6],"vectors":[[9,9],[6,0]],
                                      "metadata":[{"word":"new"},null]})");
    CHECK(reply["inserted"] == 2);
    CHECK(reply["replaced"] == 1);
    const json three =
        service.ok(R"({"op":"get","collection":"docs","ids":[3],"with_vector":true})")["points"][0];
    CHECK(three["vector"] == json{9.0, 9.0});
    CHECK(three["metadata"] == json{{"word", "new"}});
    CHECK(service.ok(R"({"op":"collection.info","collection":"docs"})")["points"] == 6);
}

TEST_CASE("get returns the points that are there and names those that are not") {
    TestService service;
    make_docs(service);
    const json reply = service.ok(R"({"op":"get","collection":"docs","ids":[4,9,1]})");
    CHECK(ids_in(reply["points"]) == Ids{4, 1});
    CHECK(reply["points"][0]["metadata"].is_null());
    CHECK(reply["points"][1]["metadata"] == json{{"word", "one"}, {"odd", true}});
    CHECK_FALSE(reply["points"][0].contains("vector"));
    CHECK(reply["missing"] == json{9});
    CHECK(service.ok(R"({"op":"get","collection":"docs","ids":[]})")["points"].empty());
}

TEST_CASE("get returns vectors within the points of a line, as an array of a frame") {
    TestService service;
    make_docs(service);
    const json text = service.ok(R"({"op":"get","collection":"docs","ids":[5],"with_vector":true})");
    CHECK(text["points"][0]["vector"] == json{5.0, 0.0});

    Message request = frame(R"({"op":"get","collection":"docs","with_vector":true})");
    add_array(request, "ids", Ids{5, 9, 2}, {3});
    const Message reply = service.ask(request);
    REQUIRE_FALSE(error_of(reply));
    CHECK_FALSE(reply.header["points"][0].contains("vector"));
    const auto arrays = arrays_of(reply).value();
    REQUIRE(arrays.size() == 1);
    CHECK(arrays[0].name == "vectors");
    CHECK(arrays[0].shape == Ids{2, 2});
    const std::vector<float> expected{5, 0, 2, 0};
    CHECK(std::memcmp(arrays[0].bytes.data(), expected.data(), 16) == 0);
}

TEST_CASE("one get asks for at most 100000 points") {
    TestService service;
    make_docs(service);
    Message request = frame(R"({"op":"get","collection":"docs"})");
    add_array(request, "ids", Ids(100'001, 1), {100'001});
    CHECK(service.refused(request).code == ErrorCode::too_large);
}

TEST_CASE("delete counts the points that were there") {
    TestService service;
    make_docs(service);
    CHECK(service.ok(R"({"op":"delete","collection":"docs","ids":[1,9,2]})")["deleted"] == 2);
    CHECK(service.ok(R"({"op":"delete","collection":"docs","ids":[1]})")["deleted"] == 0);
    CHECK(service.ok(R"({"op":"delete","collection":"docs","ids":[3],"durability":"sync"})")["deleted"] == 1);
    CHECK(service.ok(R"({"op":"collection.info","collection":"docs"})")["points"] == 2);
    CHECK(service.refused(R"({"op":"delete","collection":"docs"})").message == "the request has no ids");
}

TEST_CASE("ids are whole numbers of 64 bits, one for each vector") {
    TestService service;
    make_docs(service);
    for (const char* ids : {"[-1]", "[1.5]", "[\"7\"]", "[null]", "[18446744073709551616]", "7", "{}"}) {
        const std::string request =
            R"({"op":"insert","collection":"docs","vector":[1,0],"ids":)" + std::string(ids);
        CHECK(service.refused(request + "}").code == ErrorCode::invalid_argument);
    }
    CHECK(service.refused(R"({"op":"insert","collection":"docs","vector":[1,0],"ids":[7,8]})").message ==
          "there are 2 ids for 1 vectors");
    Message twice = frame(R"({"op":"delete","collection":"docs","ids":[1]})");
    add_array(twice, "ids", Ids{1}, {1});
    CHECK(service.refused(twice).message == "the request has ids twice");
    Message matrix = frame(R"({"op":"delete","collection":"docs"})");
    add_array(matrix, "ids", Ids{1, 2}, {2, 1});
    CHECK(service.refused(matrix).message == "array ids must have the shape [rows]");
    Message floats = frame(R"({"op":"delete","collection":"docs"})");
    add_array(floats, "ids", std::vector<float>{1, 2}, {2});
    CHECK(service.refused(floats).message == "array ids must have the dtype u64, not f32");
}

TEST_CASE("a write names a durability that there is") {
    TestService service;
    make_docs(service);
    for (const char* durability : {"sync", "group", "async"}) {
        const json request{
            {"op", "insert"}, {"collection", "docs"}, {"vector", {1, 1}}, {"durability", durability}};
        CHECK(service.ok(request.dump())["inserted"] == 1);
    }
    CHECK(service.refused(R"({"op":"insert","collection":"docs","vector":[1,1],"durability":"none"})").code ==
          ErrorCode::invalid_argument);
}

TEST_CASE("update_metadata merges, replaces, or takes all away") {
    TestService service;
    make_docs(service);
    service.ok(
        R"({"op":"update_metadata","collection":"docs","id":1,"metadata":{"odd":null,"seen":{"by":7}}})");
    CHECK(metadata_of_point(service, 1) == json::parse(R"({"word":"one","seen":{"by":7}})"));
    service.ok(R"({"op":"update_metadata","collection":"docs","id":1,"metadata":{"a":1},"replace":true})");
    CHECK(metadata_of_point(service, 1) == json{{"a", 1}});
    service.ok(R"({"op":"update_metadata","collection":"docs","id":1,"metadata":null})");
    CHECK(metadata_of_point(service, 1) == json{{"a", 1}});
    service.ok(R"({"op":"update_metadata","collection":"docs","id":1,"metadata":null,"replace":true})");
    CHECK(metadata_of_point(service, 1).is_null());
    service.ok(R"({"op":"update_metadata","collection":"docs","id":4,"metadata":{"word":"four"}})");
    CHECK(metadata_of_point(service, 4) == json{{"word", "four"}});
}

TEST_CASE("update_metadata takes one point that is there") {
    TestService service;
    make_docs(service);
    CHECK(service.refused(R"({"op":"update_metadata","collection":"docs","id":9,"metadata":{}})").code ==
          ErrorCode::not_found);
    CHECK(service.refused(R"({"op":"update_metadata","collection":"docs","metadata":{}})").message ==
          "the request has no id");
    CHECK(service.refused(R"({"op":"update_metadata","collection":"docs","id":1})").message ==
          "the request has no metadata");
}
