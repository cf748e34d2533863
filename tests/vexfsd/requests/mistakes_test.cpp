// SPDX-License-Identifier: Apache-2.0
// Requests that name something that there is not, or give it the wrong type.
#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("a request names its operation") {
    TestService service;
    CHECK(service.refused(R"({})").message == "the request has no op");
    CHECK(service.refused(R"({"op":7})").message == "op must be a string, not 7");
}

TEST_CASE("an unknown operation is refused with the one that was probably meant") {
    TestService service;
    const Error error = service.refused(R"({"op":"serach","collection":"docs"})");
    CHECK(error.code == ErrorCode::invalid_argument);
    CHECK(error.message == "there is no operation \"serach\"");
    CHECK(error.hint == "did you mean \"search\"?");
    CHECK(service.refused(R"({"op":"collection.craete"})").hint == "did you mean \"collection.create\"?");
    CHECK(service.refused(R"({"op":"shutdown"})").hint.empty());
}

TEST_CASE("an unknown field is refused with the one that was probably meant") {
    TestService service;
    make_docs(service);
    const Error error = service.refused(R"({"op":"search","collection":"docs","vector":[1,0],"limt":3})");
    CHECK(error.code == ErrorCode::invalid_argument);
    CHECK(error.message == "operation search has no field \"limt\"");
    CHECK(error.hint == "did you mean \"limit\"?");
    CHECK(service.refused(R"({"op":"health","verbose":true})").hint.empty());
}

TEST_CASE("an array that an operation does not take is refused") {
    TestService service;
    make_docs(service);
    Message request = frame(R"({"op":"search","collection":"docs"})");
    add_array(request, "vector", std::vector<float>{1, 0}, {1, 2});
    const Error error = service.refused(request);
    CHECK(error.message == "operation search has no array \"vector\"");
    CHECK(error.hint == "did you mean \"vectors\"?");
}

TEST_CASE("a body that contradicts the header is refused before the operation begins") {
    TestService service;
    make_docs(service);
    Message request = frame(R"({"op":"insert","collection":"docs"})");
    add_array(request, "vectors", std::vector<float>{1, 0}, {1, 2});
    request.header["arrays"][0]["shape"] = {uint64_t{1} << 59, 2};
    CHECK(service.refused(request).code == ErrorCode::malformed);
    CHECK(service.ok(R"({"op":"collection.info","collection":"docs"})")["points"] == 5);
}

TEST_CASE("a request that is no object is refused") {
    TestService service;
    Message request;
    request.header = json::array({1});
    CHECK(service.refused(request).code == ErrorCode::malformed);
}

TEST_CASE("a field of the wrong type is refused with its name and value") {
    TestService service;
    make_docs(service);
    const auto refused_with = [&](std::string_view text, std::string_view message) {
        const Error error = service.refused(text);
        CHECK(error.code == ErrorCode::invalid_argument);
        CHECK(error.message == message);
    };
    refused_with(R"({"op":"collection.info","collection":7})", "collection must be a string, not 7");
    refused_with(R"({"op":"collection.info"})", "the request has no collection");
    refused_with(R"({"op":"search","collection":"docs","vector":[1,0],"exact":1})",
                 "exact must be true or false, not 1");
    refused_with(R"({"op":"search","collection":"docs","vector":[1,0],"limit":"10"})",
                 "limit must be a whole number from 1 to 10000, not \"10\"");
    refused_with(R"({"op":"search","collection":"docs","vector":[1,0],"limit":2.5})",
                 "limit must be a whole number from 1 to 10000, not 2.5");
    refused_with(R"({"op":"search","collection":"docs","vector":[1,0],"limit":-1})",
                 "limit must be a whole number from 1 to 10000, not -1");
    refused_with(R"({"op":"search","collection":"docs","vector":[1,0],"ef_search":0})",
                 "ef_search must be a whole number from 1 to 65536, not 0");
    refused_with(R"({"op":"collection.configure","collection":"docs","parameters":[1]})",
                 "parameters must be an object, not [1]");
    refused_with(R"({"op":"search_range","collection":"docs","vector":[1,0],"max_distance":"far"})",
                 "max_distance must be a number that an f32 can hold, not \"far\"");
    refused_with(R"({"op":"search_range","collection":"docs","vector":[1,0],"max_distance":1e39})",
                 "max_distance must be a number that an f32 can hold, not 1e+39");
    refused_with(R"({"op":"update_metadata","collection":"docs","id":-1,"metadata":{}})",
                 "id must be a whole number from 0 to 18446744073709551615, not -1");
    refused_with(R"({"op":"update_metadata","collection":"docs","id":1,"metadata":"word"})",
                 "metadata must be an object, not \"word\"");
}

TEST_CASE("an operation on a collection that there is not is refused as not found") {
    TestService service;
    for (const char* request :
         {R"({"op":"collection.info","collection":"docs"})",
          R"({"op":"collection.delete","collection":"docs"})",
          R"({"op":"collection.configure","collection":"docs","parameters":{}})",
          R"({"op":"collection.optimize","collection":"docs"})",
          R"({"op":"insert","collection":"docs","vector":[1]})",
          R"({"op":"upsert","collection":"docs","vector":[1]})",
          R"({"op":"import.status","collection":"docs","key":"0123456789abcdef"})",
          R"({"op":"get","collection":"docs","ids":[1]})", R"({"op":"delete","collection":"docs","ids":[1]})",
          R"({"op":"update_metadata","collection":"docs","id":1,"metadata":{}})",
          R"({"op":"search","collection":"docs","vector":[1]})",
          R"({"op":"search_range","collection":"docs","vector":[1],"max_distance":1})",
          R"({"op":"scroll","collection":"docs"})", R"({"op":"stats","collection":"docs"})"}) {
        CHECK(service.refused(request).code == ErrorCode::not_found);
    }
}

TEST_CASE("a name that no collection can have is refused, whatever path it spells") {
    TestService service;
    for (const char* name : {"", ".", "..", "../docs", "a/b", "-x", "a b", "a\\u0000b", "ä"}) {
        const std::string fields = std::string(R"("collection":")") + name + R"(")";
        CHECK(service.refused(R"({"op":"collection.create","dimension":2,)" + fields + "}").code ==
              ErrorCode::invalid_argument);
        CHECK(service.refused(R"({"op":"collection.delete","missing_ok":true,)" + fields + "}").code ==
              ErrorCode::invalid_argument);
    }
}

TEST_CASE("a reply is text where the request was") {
    TestService service;
    CHECK(service.ask(line(R"({"op":"health"})")).text);
    CHECK_FALSE(service.ask(frame(R"({"op":"health"})")).text);
}
