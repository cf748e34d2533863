// SPDX-License-Identifier: Apache-2.0
// scroll: all points, page by page.
#include <cstring>

#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

// Every page's ids until there is no cursor.
std::vector<Ids> pages(TestService& service, json request) {
    std::vector<Ids> all;
    do {
        const json reply = service.ok(request.dump());
        all.push_back(ids_in(reply["points"]));
        request["cursor"] = reply["cursor"];
    } while (!request["cursor"].is_null() && all.size() < 100);
    return all;
}

}  // namespace

TEST_CASE("a scroll returns the points in the order they were written") {
    TestService service;
    make_docs(service);
    const json reply = service.ok(R"({"op":"scroll","collection":"docs"})");
    CHECK(ids_in(reply["points"]) == Ids{1, 2, 3, 4, 5});
    CHECK(reply["points"][0]["metadata"]["word"] == "one");
    CHECK_FALSE(reply["points"][0].contains("vector"));
    CHECK(reply["cursor"].is_null());
}

TEST_CASE("a scroll goes on from its cursor until that is null") {
    TestService service;
    make_docs(service);
    std::vector<Ids> all = pages(service, {{"op", "scroll"}, {"collection", "docs"}, {"limit", 2}});
    if (all.back().empty()) all.pop_back();
    CHECK(all == std::vector<Ids>{{1, 2}, {3, 4}, {5}});
}

TEST_CASE("a scroll returns the points that its filter takes") {
    TestService service;
    make_docs(service);
    const auto all =
        pages(service, {{"op", "scroll"}, {"collection", "docs"}, {"limit", 1}, {"filter", {{"odd", true}}}});
    Ids ids;
    for (const Ids& page : all) ids.insert(ids.end(), page.begin(), page.end());
    CHECK(ids == Ids{1, 3, 5});
}

TEST_CASE("a scroll sees each point once while others are deleted") {
    TestService service;
    make_docs(service);
    const json first = service.ok(R"({"op":"scroll","collection":"docs","limit":2})");
    service.ok(R"({"op":"delete","collection":"docs","ids":[1,3]})");
    const json request{{"op", "scroll"}, {"collection", "docs"}, {"limit", 10}, {"cursor", first["cursor"]}};
    CHECK(ids_in(service.ok(request.dump())["points"]) == Ids{4, 5});
}

TEST_CASE("a scroll returns vectors as get does") {
    TestService service;
    make_docs(service);
    CHECK(service.ok(
              R"({"op":"scroll","collection":"docs","limit":1,"with_vector":true})")["points"][0]["vector"] ==
          json{1.0, 0.0});
    const Message reply = service.ask(frame(R"({"op":"scroll","collection":"docs","with_vector":true})"));
    const auto arrays = arrays_of(reply).value();
    REQUIRE(arrays.size() == 1);
    CHECK(arrays[0].shape == Ids{5, 2});
    const std::vector<float> expected{1, 0, 2, 0, 3, 0, 4, 0, 5, 0};
    CHECK(std::memcmp(arrays[0].bytes.data(), expected.data(), expected.size() * sizeof(float)) == 0);
}

TEST_CASE("more points than a scroll looks at in one step come in one page") {
    TestService service;
    service.ok(R"({"op":"collection.create","collection":"docs","dimension":1,"metric":"euclidean"})");
    Message request = frame(R"({"op":"insert","collection":"docs"})");
    add_array(request, "vectors", std::vector<float>(1000, 1.0f), {1000, 1});
    REQUIRE_FALSE(error_of(service.ask(request)));
    CHECK(service.ok(R"({"op":"scroll","collection":"docs","limit":1000})")["points"].size() == 1000);
    CHECK(service.ok(R"({"op":"scroll","collection":"docs"})")["points"].size() == 100);
}

TEST_CASE("a scroll's limit and cursor have their ranges") {
    TestService service;
    make_docs(service);
    for (const char* bad :
         {R"("limit":0)", R"("limit":10001)", R"("cursor":-1)", R"("cursor":"next")", R"("cursor":null)"}) {
        CHECK(service.refused(R"({"op":"scroll","collection":"docs",)" + std::string(bad) + "}").code ==
              ErrorCode::invalid_argument);
    }
    const json past = service.ok(R"({"op":"scroll","collection":"docs","cursor":18446744073709551615})");
    CHECK(past["points"].empty());
    CHECK(past["cursor"].is_null());
}
