// SPDX-License-Identifier: Apache-2.0
// Vectors that a collection can't take: what is said of them, and that nothing is written.
#include <cmath>
#include <limits>

#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

Message insert_array(const std::vector<float>& values, std::vector<uint64_t> shape) {
    Message request = frame(R"({"op":"insert","collection":"docs"})");
    add_array(request, "vectors", values, std::move(shape));
    return request;
}

uint64_t points(TestService& service) {
    return service.ok(R"({"op":"collection.info","collection":"docs"})")["points"].get<uint64_t>();
}

}  // namespace

TEST_CASE("vectors of another dimension are refused with both dimensions") {
    TestService service;
    make_docs(service);
    const auto refused = [&](const Message& request) {
        const Error error = service.refused(request);
        CHECK(error.code == ErrorCode::dimension_mismatch);
        return error.message;
    };
    CHECK(refused(insert_array({1, 2, 3}, {1, 3})) ==
          "vector 0 has 3 values, collection docs has dimension 2");
    CHECK(refused(line(R"({"op":"insert","collection":"docs","vectors":[[1,2],[1,2],[1]]})")) ==
          "vector 2 has 1 values, collection docs has dimension 2");
    CHECK(refused(line(R"({"op":"insert","collection":"docs","vector":[]})")) ==
          "vector 0 has 0 values, collection docs has dimension 2");
    CHECK(refused(line(R"({"op":"search","collection":"docs","vector":[1,2,3]})")) ==
          "vector 0 has 3 values, collection docs has dimension 2");
    CHECK(points(service) == 5);
}

TEST_CASE("NaN and infinity are refused wherever they come in") {
    TestService service;
    make_docs(service);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity()}) {
        const Error error = service.refused(insert_array({1, 0, 1, bad}, {2, 2}));
        CHECK(error.code == ErrorCode::not_finite);
        Message search = frame(R"({"op":"search","collection":"docs"})");
        add_array(search, "vectors", std::vector<float>{bad, 0}, {2});
        CHECK(service.refused(search).code == ErrorCode::not_finite);
    }
    CHECK(points(service) == 5);
}

TEST_CASE("a number that an f32 can't hold is refused, one that it can only come near is not") {
    TestService service;
    make_docs(service);
    const Error error = service.refused(R"({"op":"insert","collection":"docs","vectors":[[1,0],[0,-1e39]]})");
    CHECK(error.code == ErrorCode::not_finite);
    CHECK_THAT(error.message, Catch::StartsWith("vector 1 holds -1e+39 at component 1"));
    CHECK(points(service) == 5);
    service.ok(R"({"op":"insert","collection":"docs","vector":[0.1,1e-60]})");
}

TEST_CASE("components are numbers") {
    TestService service;
    make_docs(service);
    const auto refused = [&](std::string_view field) {
        const Error error =
            service.refused(R"({"op":"insert","collection":"docs",)" + std::string(field) + "}");
        CHECK(error.code == ErrorCode::invalid_argument);
        return error.message;
    };
    CHECK(refused(R"("vector":[1,"0"])") == "vector 0 holds \"0\" at component 1, not a number");
    CHECK(refused(R"("vectors":[[1,0],[null,0]])") == "vector 1 holds null at component 0, not a number");
    CHECK(refused(R"("vector":"1,0")") == "vector 0 must be an array of numbers, not \"1,0\"");
    CHECK(refused(R"("vectors":[1,0])") == "vector 0 must be an array of numbers, not 1");
    CHECK(refused(R"("vectors":{"a":1})") == "vectors must be an array of arrays, not {\"a\":1}");
}

TEST_CASE("an array of vectors is f32, of one row or of rows") {
    TestService service;
    make_docs(service);
    CHECK_FALSE(error_of(service.ask(insert_array({6, 0}, {2}))));
    CHECK_FALSE(error_of(service.ask(insert_array({7, 0, 8, 0}, {2, 2}))));
    CHECK(service.refused(insert_array({7, 0, 8, 0}, {2, 1, 2})).code == ErrorCode::invalid_argument);
    CHECK(service.refused(insert_array({7}, {})).code == ErrorCode::invalid_argument);
    Message wrong = frame(R"({"op":"insert","collection":"docs"})");
    add_array(wrong, "vectors", Ids{7, 0}, {1, 2});
    CHECK(service.refused(wrong).message == "array vectors must have the dtype f32, not u64");
    CHECK(points(service) == 8);
}

TEST_CASE("vectors that lie at odd places of the body are taken all the same") {
    TestService service;
    make_docs(service);
    Message request = frame(R"({"op":"upsert","collection":"docs"})");
    add_array(request, "metadata", "{}\n");  // 3 bytes
    add_array(request, "vectors", std::vector<float>{6.5f, -0.25f}, {1, 2});
    add_array(request, "ids", Ids{6}, {1});
    REQUIRE_FALSE(error_of(service.ask(request)));
    CHECK(service.ok(
              R"({"op":"get","collection":"docs","ids":[6],"with_vector":true})")["points"][0]["vector"] ==
          json{6.5, -0.25});
}

TEST_CASE("vectors come in one way at a time") {
    TestService service;
    make_docs(service);
    const Error none = service.refused(R"({"op":"insert","collection":"docs"})");
    CHECK(none.message == "the request has no vectors");
    CHECK_FALSE(none.hint.empty());
    CHECK(service.refused(R"({"op":"insert","collection":"docs","vector":[1,0],"vectors":[[1,0]]})").code ==
          ErrorCode::invalid_argument);
    Message both = insert_array({1, 0}, {1, 2});
    both.header["vector"] = {1, 0};
    CHECK(service.refused(both).code == ErrorCode::invalid_argument);
    CHECK(points(service) == 5);
}

TEST_CASE("a shape of 0 columns is another dimension, whatever its rows say") {
    TestService service;
    make_docs(service);
    CHECK(service.refused(insert_array({}, {uint64_t{1} << 60, 0})).code == ErrorCode::dimension_mismatch);
}
