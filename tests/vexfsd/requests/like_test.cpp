// SPDX-License-Identifier: Apache-2.0
// Searches for what is like a point, named by its id or a field of its metadata.
#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

Message like(std::string_view like, std::string_view more = "") {
    return line(R"({"op":"search","collection":"docs","like":)" + std::string(like) + std::string(more) +
                "}");
}

}  // namespace

TEST_CASE("like an id searches for that point's neighbours and leaves it out") {
    TestService service;
    make_docs(service);
    CHECK(ids_in(service.ok(like(R"({"id":5})", R"(,"limit":2)"))["results"][0]) == Ids{4, 3});
    CHECK(ids_in(service.ok(like(R"({"id":1})"))["results"][0]) == Ids{2, 3, 4, 5});
}

TEST_CASE("like a field searches for the neighbours of the first point with that value") {
    TestService service;
    make_docs(service);
    CHECK(ids_in(service.ok(like(R"({"field":"word","value":"five"})", R"(,"limit":1)"))["results"][0]) ==
          Ids{4});
    CHECK(ids_in(service.ok(like(R"({"field":"odd","value":false})", R"(,"limit":1)"))["results"][0]) ==
          Ids{1});
}

TEST_CASE("like works with a filter and in a range search") {
    TestService service;
    make_docs(service);
    CHECK(ids_in(service.ok(like(R"({"id":4})", R"(,"filter":{"odd":true},"limit":2)"))["results"][0]) ==
          Ids{3, 5});
    CHECK(ids_in(service.ok(
              R"({"op":"search_range","collection":"docs","like":{"id":4},"max_distance":1.1})")["results"]
                                                                                                [0]) ==
          Ids{3, 5});
}

TEST_CASE("like a point that there is not is refused as not found") {
    TestService service;
    make_docs(service);
    CHECK(service.refused(like(R"({"id":9})")).message == "collection docs has no point 9");
    const Error error = service.refused(like(R"({"field":"word","value":"nine"})"));
    CHECK(error.code == ErrorCode::not_found);
    CHECK(error.message == "collection docs has no point whose \"word\" is \"nine\"");
}

TEST_CASE("like takes an id, or a field and its value") {
    TestService service;
    make_docs(service);
    for (const char* bad :
         {"{}", "7", R"("one")", R"({"id":"1"})", R"({"id":-1})", R"({"id":1.5})",
          R"({"id":1,"field":"word"})", R"({"field":"word"})", R"({"value":"one"})",
          R"({"field":7,"value":1})", R"({"field":"","value":1})",
          R"({"field":"word","value":{"$ne":"one"}})", R"({"field":"word","value":["one"]})",
          R"({"field":"word","value":"one","limit":1})"}) {
        CHECK(service.refused(like(bad)).code == ErrorCode::invalid_argument);
    }
}

TEST_CASE("like and vectors are not both a query") {
    TestService service;
    make_docs(service);
    CHECK(service.refused(like(R"({"id":1})", R"(,"vector":[1,0])")).code == ErrorCode::invalid_argument);
    Message request = like(R"({"id":1})");
    request.text = false;
    add_array(request, "vectors", std::vector<float>{1, 0}, {2});
    CHECK(service.refused(request).code == ErrorCode::invalid_argument);
}
