// SPDX-License-Identifier: Apache-2.0
// Errors on their way to the client.
#include <catch2/catch.hpp>
#include <set>

#include "vexfsd/requests/message.h"

using namespace vexfs;
using json = nlohmann::json;

namespace {

std::vector<ErrorCode> all_codes() {
    std::vector<ErrorCode> codes;
    for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i)
        codes.push_back(static_cast<ErrorCode>(i));
    return codes;
}

Error error_in(std::string_view header) {
    Message reply;
    reply.header = json::parse(header);
    const auto error = error_of(reply);
    REQUIRE(error);
    return *error;
}

}  // namespace

TEST_CASE("an error is a reply with its code, errno, message and hint") {
    const Message reply =
        error_message({ErrorCode::dimension_mismatch, "vector 3 has 99 values", "send 100 of them"});
    CHECK(reply.header == json::parse(R"({"ok":false,"error":{"code":"dimension_mismatch","errno":"EINVAL",
                                          "message":"vector 3 has 99 values","hint":"send 100 of them"}})"));
    CHECK(reply.body.empty());
}

TEST_CASE("every error comes back from its reply as it was") {
    std::set<std::string_view> names;
    for (const ErrorCode code : all_codes()) {
        CAPTURE(name_of(code));
        CHECK(names.insert(name_of(code)).second);
        Message reply = error_message({code, "what \"failed\"\non what", "do that"});
        reply.text = true;
        const auto bytes = encode(reply);
        Message received;
        received.header = decode_header({reinterpret_cast<const char*>(bytes.data()), bytes.size()}).value();
        const auto error = error_of(received);
        REQUIRE(error);
        CHECK(error->code == code);
        CHECK(error->message == "what \"failed\"\non what");
        CHECK(error->hint == "do that");
        CHECK(received.header["error"]["errno"] == errno_name(code));
        CHECK(errno_name(code).front() == 'E');
    }
}

TEST_CASE("a reply that is ok has no error") {
    Message reply;
    reply.header = {{"ok", true}, {"deleted", 3}};
    CHECK_FALSE(error_of(reply));
}

TEST_CASE("a reply that is neither ok nor an error is malformed") {
    for (const char* header : {"{}", R"({"ok":false})", R"({"ok":1})", R"({"ok":"true"})",
                               R"({"ok":false,"error":"no"})", "[]", "null"}) {
        CHECK(error_in(header).code == ErrorCode::malformed);
    }
}

TEST_CASE("an error of a code that is not known here is internal and keeps its message") {
    const Error error = error_in(R"({"ok":false,"error":{"code":"of_the_future","message":"m","hint":7}})");
    CHECK(error.code == ErrorCode::internal);
    CHECK(error.message == "m");
    CHECK(error.hint.empty());
}
