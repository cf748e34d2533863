// SPDX-License-Identifier: Apache-2.0
// collection.create.
#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("a collection is created with what the request names, and the rest by default") {
    TestService service;
    const json reply = service.ok(R"({"op":"collection.create","collection":"docs","dimension":384,
        "metric":"dot","parameters":{"m":24,"max_m":48,"ef_search":77,"durability":"sync"}})");
    CHECK(reply["created"] == true);
    CHECK(reply["name"] == "docs");
    CHECK(reply["points"] == 0);
    CHECK(reply["read_only"] == false);
    const json& schema = reply["schema"];
    CHECK(schema["dimension"] == 384);
    CHECK(schema["metric"] == "dot");
    CHECK(schema["algorithm"] == "hnsw");
    CHECK(schema["durability"] == "sync");
    CHECK(schema["parameters"]["m"] == 24);
    CHECK(schema["parameters"]["max_m"] == 48);
    CHECK(schema["parameters"]["ef_search"] == 77);
    CHECK(schema["parameters"]["ef_construction"] == HnswParameters{}.ef_construction);
}

TEST_CASE("every metric, and the algorithms hnsw and flat") {
    TestService service;
    for (const char* metric : {"cosine", "euclidean", "dot", "manhattan"}) {
        for (const char* algorithm : {"hnsw", "flat"}) {
            const json request{{"op", "collection.create"},
                               {"collection", std::string(metric) + "." + algorithm},
                               {"dimension", 3},
                               {"metric", metric},
                               {"algorithm", algorithm}};
            const json reply = service.ok(request.dump());
            CHECK(reply["schema"]["metric"] == metric);
            CHECK(reply["schema"]["algorithm"] == algorithm);
        }
    }
}

TEST_CASE("a collection has a dimension from 1 to 65536") {
    TestService service;
    CHECK(service.refused(R"({"op":"collection.create","collection":"docs"})").message ==
          "the request has no dimension");
    for (const char* dimension : {"0", "65537", "-1", "1.5", "\"3\"", "null", "18446744073709551615"}) {
        const std::string request =
            R"({"op":"collection.create","collection":"docs","dimension":)" + std::string(dimension) + "}";
        CHECK_THAT(service.refused(request).message,
                   Catch::StartsWith("dimension must be a whole number from 1 to 65536"));
    }
    service.ok(R"({"op":"collection.create","collection":"least","dimension":1})");
    service.ok(R"({"op":"collection.create","collection":"most","dimension":65536})");
}

TEST_CASE("what a collection can't be is refused, and nothing is created") {
    TestService service;
    const auto refused = [&](std::string_view fields) {
        return service.refused(R"({"op":"collection.create","collection":"docs","dimension":2,)" +
                               std::string(fields) + "}");
    };
    CHECK_THAT(refused(R"("metric":"hamming")").hint, Catch::Contains("cosine, euclidean, dot, manhattan"));
    CHECK_THAT(refused(R"("algorithm":"tree")").hint, Catch::Contains("hnsw"));
    CHECK_THAT(refused(R"("parameters":{"em":16})").message, Catch::Contains("'em' is not known"));
    CHECK_THAT(refused(R"("parameters":{"m":1})").message, Catch::Contains("from 2 to 128"));
    CHECK_THAT(refused(R"("parameters":{"m":"16"})").message, Catch::Contains("\"16\""));
    CHECK_THAT(refused(R"("parameters":{"m":64,"max_m":32})").message,
               Catch::Contains("max_m 32 is below m 64"));
    CHECK(refused(R"("parameters":{"durability":"never"})").code == ErrorCode::invalid_argument);
    CHECK(service.ok(R"({"op":"collection.list"})")["collections"].empty());
}

TEST_CASE("a name that is taken is refused") {
    TestService service;
    make_docs(service);
    const Error error = service.refused(R"({"op":"collection.create","collection":"docs","dimension":2})");
    CHECK(error.code == ErrorCode::already_exists);
    CHECK_THAT(error.message, Catch::Contains("docs"));
}

TEST_CASE("with exist_ok a collection that is there already is taken as it is") {
    TestService service;
    make_docs(service);
    const json reply = service.ok(
        R"({"op":"collection.create","collection":"docs","dimension":2,"metric":"euclidean","exist_ok":true})");
    CHECK(reply["created"] == false);
    CHECK(reply["points"] == 5);
    CHECK(service.ok(
              R"({"op":"collection.create","collection":"new","dimension":2,"exist_ok":true})")["created"] ==
          true);
}

TEST_CASE("with exist_ok a collection of another dimension, metric or algorithm is refused") {
    TestService service;
    make_docs(service);
    const auto refused = [&](std::string_view fields) {
        const Error error = service.refused(
            R"({"op":"collection.create","collection":"docs","exist_ok":true,)" + std::string(fields) + "}");
        CHECK(error.code == ErrorCode::already_exists);
        return error.message;
    };
    CHECK(refused(R"("dimension":3,"metric":"euclidean")") ==
          "collection docs exists already with dimension 2, not 3");
    CHECK(refused(R"("dimension":2,"metric":"dot")") ==
          "collection docs exists already with metric euclidean, not dot");
    CHECK(refused(R"("dimension":2,"metric":"euclidean","algorithm":"flat")") ==
          "collection docs exists already with algorithm hnsw, not flat");
}

TEST_CASE("a collection belongs to who created it") {
    TestService service;
    service.caller = {70'001, 70'002, {}, false};
    const json schema =
        service.ok(R"({"op":"collection.create","collection":"mine","dimension":2})")["schema"];
    CHECK(schema["uid"] == 70'001);
    CHECK(schema["gid"] == 70'002);
    CHECK(schema["mode"] == 0660);
}
