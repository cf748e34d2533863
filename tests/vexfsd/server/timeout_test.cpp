// SPDX-License-Identifier: Apache-2.0
// request_timeout_s: the time that a client has to go on.
#include "tests/vexfsd/server/test_client.h"
#include "tests/vexfsd/server/test_server.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

ServerLimits one_second() {
    ServerLimits limits;
    limits.request_timeout_s = 1;
    return limits;
}

}  // namespace

TEST_CASE("a request that was begun and does not go on is timed out, and the connection closes") {
    TestServer server(echo, one_second());
    TestClient frame(server.socket_path());
    TestClient body(server.socket_path());
    TestClient line(server.socket_path());
    REQUIRE(frame.send(bytes_of("VXF2")));
    Bytes most = frame_bytes({{"n", 1}}, 1000);
    most.pop_back();
    REQUIRE(body.send(most));
    REQUIRE(line.send(bytes_of("{\"op\"")));

    const json error = frame.receive().header["error"];
    CHECK(error["code"] == "timed_out");
    CHECK(error["errno"] == "ETIMEDOUT");
    CHECK_THAT(error["hint"].get<std::string>(), Catch::Contains("server.request_timeout_s"));
    CHECK(frame.closed());
    CHECK(body.refusal() == "timed_out");
    CHECK(body.closed());
    const Message lined = line.receive();
    CHECK(lined.text);
    CHECK(lined.header["error"]["code"] == "timed_out");
    CHECK(line.closed());
    CHECK(server.has_clients(0));
}

TEST_CASE("a client that sends nothing has all the time") {
    TestServer server(echo, one_second());
    TestClient idle(server.socket_path());
    TestClient answered(server.socket_path());
    CHECK(answered.ask(frame_bytes({{"n", 1}}))["ok"] == true);
    TestClient half(server.socket_path());
    REQUIRE(half.send(bytes_of("VXF2")));
    CHECK(half.refusal() == "timed_out");  // a second and more has passed
    CHECK(idle.ask(frame_bytes({{"n", 1}}))["ok"] == true);
    CHECK(answered.ask(frame_bytes({{"n", 2}}))["ok"] == true);
}

TEST_CASE("a request in work has all the time") {
    Gate gate;
    TestServer server(
        [&](const Message& request, const Caller& caller) {
            gate.pass();
            return echo(request, caller);
        },
        one_second());
    TestClient client(server.socket_path());
    REQUIRE(client.send(frame_bytes({{"n", 1}})));
    TestClient half(server.socket_path());
    REQUIRE(half.send(bytes_of("VXF2")));
    CHECK(half.refusal() == "timed_out");
    gate.open();
    CHECK(client.receive().header["ok"] == true);
}

TEST_CASE("a client that does not take its reply is cut off") {
    TestServer server(
        [](const Message&, const Caller&) {
            Message reply;
            reply.header = {{"ok", true}};
            reply.body.resize(20u << 20);
            return reply;
        },
        one_second());
    TestClient client(server.socket_path());
    REQUIRE(client.send(frame_bytes({{"n", 1}})));
    CHECK(server.has_clients(0));
}

TEST_CASE("a client that holds memory and does not go on makes room for those who wait") {
    ServerLimits limits = one_second();
    limits.request_bytes_max = 1u << 20;
    limits.inflight_bytes_max = 1u << 20;
    TestServer server(echo, limits);
    const Bytes large = frame_bytes({{"n", 1}}, 1'000'000);
    TestClient holder(server.socket_path());
    REQUIRE(holder.send(std::span(large).first(900'000)));
    TestClient other(server.socket_path());
    CHECK(other.ask(large)["ok"] == true);
    CHECK(holder.refusal() == "timed_out");
}
