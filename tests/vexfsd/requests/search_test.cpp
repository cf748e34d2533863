// SPDX-License-Identifier: Apache-2.0
// search, search_range.
#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("a search returns the nearest first, with their distances and metadata") {
    TestService service;
    make_docs(service);
    const json reply = service.ok(R"({"op":"search","collection":"docs","vector":[2.2,0],"limit":3})");
    REQUIRE(reply["results"].size() == 1);
    const json& hits = reply["results"][0];
    CHECK(ids_in(hits) == Ids{2, 3, 1});
    CHECK(hits[0]["distance"].get<double>() == Approx(0.2).margin(1e-5));
    CHECK(hits[0]["metadata"] == json{{"word", "two"}, {"odd", false}});
    CHECK_FALSE(hits[0].contains("vector"));
    CHECK(reply["path"].is_string());
    CHECK(reply["distances"].get<uint64_t>() >= 3);
    CHECK(reply["took_us"].is_number_integer());
}

TEST_CASE("a search returns 10 hits where it names no limit") {
    TestService service;
    make_docs(service);
    service.ok(
        R"({"op":"insert","collection":"docs","vectors":[[6,0],[7,0],[8,0],[9,0],[10,0],[11,0],[12,0]]})");
    CHECK(service.ok(R"({"op":"search","collection":"docs","vector":[1,0]})")["results"][0].size() == 10);
    CHECK(service.ok(R"({"op":"search","collection":"docs","vector":[1,0],"limit":10000})")["results"][0]
              .size() == 12);
}

TEST_CASE("several queries of one request have a list of hits each, in their order") {
    TestService service;
    make_docs(service);
    const json text =
        service.ok(R"({"op":"search","collection":"docs","vectors":[[5,0],[1,0]],"limit":2})")["results"];
    REQUIRE(text.size() == 2);
    CHECK(ids_in(text[0]) == Ids{5, 4});
    CHECK(ids_in(text[1]) == Ids{1, 2});
    Message request = frame(R"({"op":"search","collection":"docs","limit":2})");
    add_array(request, "vectors", std::vector<float>{5, 0, 1, 0}, {2, 2});
    CHECK(service.ok(request)["results"] == text);
}

TEST_CASE("hits come with their vectors, or without metadata, where it is asked for") {
    TestService service;
    make_docs(service);
    const json hit = service.ok(R"({"op":"search","collection":"docs","vector":[3,0],"limit":1,
                                    "with_metadata":false,"with_vector":true})")["results"][0][0];
    CHECK(hit["vector"] == json{3.0, 0.0});
    CHECK_FALSE(hit.contains("metadata"));
}

TEST_CASE("a filter leaves the points that match, as many as the limit where there are") {
    TestService service;
    make_docs(service);
    const auto found = [&](std::string_view filter) {
        return ids_in(service.ok(R"({"op":"search","collection":"docs","vector":[1,0],"limit":2,"filter":)" +
                                 std::string(filter) + "}")["results"][0]);
    };
    CHECK(found(R"({"odd":true})") == Ids{1, 3});
    CHECK(found(R"({"word":{"$in":["five","two"]}})") == Ids{2, 5});
    CHECK(found(R"({"word":"none"})").empty());
    CHECK(found(R"({})") == Ids{1, 2});
}

TEST_CASE("a filter that can't be is refused, by a search and by a scroll") {
    TestService service;
    make_docs(service);
    const auto refused = [&](std::string_view filter, ErrorCode code) {
        const std::string text = R"("collection":"docs","filter":)" + std::string(filter) + "}";
        CHECK(service.refused(R"({"op":"search","vector":[1,0],)" + text).code == code);
        CHECK(service.refused(R"({"op":"scroll",)" + text).code == code);
    };
    refused(R"({"word":{"$near":1}})", ErrorCode::invalid_argument);
    for (const char* filter : {"7", "[]", "null", R"({"$or":{}})"}) refused(filter, ErrorCode::malformed);
}

TEST_CASE("an exact search, and one of a wide graph walk, find the same few points") {
    TestService service;
    make_docs(service);
    service.ok(R"({"op":"collection.optimize","collection":"docs","wait":true})");
    const json walked = service.ok(R"({"op":"search","collection":"docs","vector":[2.2,0],"ef_search":500})");
    const json exact = service.ok(R"({"op":"search","collection":"docs","vector":[2.2,0],"exact":true})");
    CHECK(walked["results"] == exact["results"]);
    CHECK(exact["path"] == "scan");
    CHECK(exact["distances"] == 5);
}

TEST_CASE("a range search returns nothing farther away than max_distance") {
    TestService service;
    make_docs(service);
    const json reply =
        service.ok(R"({"op":"search_range","collection":"docs","vector":[2.2,0],"max_distance":1.5})");
    CHECK(ids_in(reply["results"][0]) == Ids{2, 3, 1});
    CHECK(service
              .ok(R"({"op":"search_range","collection":"docs","vector":[9,9],"max_distance":0.5})")["results"]
                                                                                                   [0]
              .empty());
    CHECK(service.refused(R"({"op":"search_range","collection":"docs","vector":[1,0]})").message ==
          "the request has no max_distance");
    CHECK_THAT(
        service.refused(R"({"op":"search","collection":"docs","vector":[1,0],"max_distance":1})").message,
        Catch::Contains("has no field"));
}

TEST_CASE("a search without a query is refused") {
    TestService service;
    make_docs(service);
    CHECK(service.refused(R"({"op":"search","collection":"docs"})").message == "the request has no vectors");
    CHECK(service.refused(R"({"op":"search","collection":"docs","vectors":[]})").message ==
          "the request has no vectors");
    Message none = frame(R"({"op":"search","collection":"docs"})");
    add_array(none, "vectors", std::vector<float>{}, {0, 2});
    CHECK(service.refused(none).message == "the request has no vectors");
}

TEST_CASE("more hits than a reply can hold are refused before anything is searched") {
    TestService service;
    make_docs(service);
    Message request = frame(R"({"op":"search","collection":"docs","limit":10000})");
    add_array(request, "vectors", std::vector<float>(105 * 2), {105, 2});
    CHECK(service.refused(request).code == ErrorCode::too_large);
    service.ok(R"({"op":"collection.create","collection":"wide","dimension":65536})");
    Message wide = frame(R"({"op":"search","collection":"wide","limit":257,"with_vector":true})");
    add_array(wide, "vectors", std::vector<float>(65'536), {65'536});
    CHECK(service.refused(wide).code == ErrorCode::too_large);
    CHECK(service.ok(R"({"op":"stats"})")["searches"] == 0);
}

TEST_CASE("an empty collection has no hits") {
    TestService service;
    service.ok(R"({"op":"collection.create","collection":"empty","dimension":2})");
    CHECK(service.ok(R"({"op":"search","collection":"empty","vector":[1,0]})")["results"] ==
          json::array({json::array()}));
}
