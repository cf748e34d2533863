// SPDX-License-Identifier: Apache-2.0
// Replies that are held back, so that a client goes slower.
#include "tests/vexfsd/server/test_client.h"
#include "tests/vexfsd/server/test_server.h"

using namespace vexfs;
using namespace vexfs::test;
using namespace std::chrono_literals;

namespace {

Message echo_held_back(const Message& request, const Caller& caller) {
    Message reply = echo(request, caller);
    reply.held_back = std::chrono::milliseconds(request.header.value("hold_ms", 0));
    return reply;
}

}  // namespace

TEST_CASE("a reply that is held back keeps no worker and no other client waiting") {
    TestServer server(echo_held_back, {}, 1);
    TestClient held(server.socket_path());
    REQUIRE(held.send(frame_bytes({{"hold_ms", 3'600'000}})));
    TestClient other(server.socket_path());
    for (int i = 0; i < 10; ++i) CHECK(other.ask(frame_bytes({{"n", i}}))["ok"] == true);
    CHECK(held.silent());
}

TEST_CASE("a reply that was held back comes, and the requests behind it are answered in their order") {
    TestServer server(echo_held_back);
    TestClient client(server.socket_path());
    Bytes all;
    for (int i = 0; i < 6; ++i) append(all, frame_bytes({{"n", i}, {"hold_ms", i % 2 == 0 ? 20 : 0}}));
    const auto start = std::chrono::steady_clock::now();
    REQUIRE(client.send(all));
    for (int i = 0; i < 6; ++i) CHECK(client.receive().header["header"]["n"] == i);
    CHECK(std::chrono::steady_clock::now() - start >= 60ms);
}

TEST_CASE("a client that goes while its reply is held back is forgotten") {
    TestServer server(echo_held_back);
    {
        TestClient client(server.socket_path());
        REQUIRE(client.send(frame_bytes({{"hold_ms", 3'600'000}})));
        REQUIRE(server.has_clients(1));
    }
    CHECK(server.has_clients(0));
}

TEST_CASE("a stop sends at once what is held back") {
    TestServer server(echo_held_back, {}, 1);
    TestClient held(server.socket_path());
    REQUIRE(held.send(frame_bytes({{"n", 1}, {"hold_ms", 3'600'000}})));
    // The one worker has answered it when it answers another.
    TestClient other(server.socket_path());
    CHECK(other.ask(frame_bytes({{"n", 2}}))["ok"] == true);
    std::promise<void> stopped;
    server.run([&](Server& running) { running.stop([&] { stopped.set_value(); }); });
    CHECK(held.receive().header["header"]["n"] == 1);
    CHECK(held.refusal() == "unavailable");  // the last word to everybody
    CHECK(held.closed());
    CHECK(stopped.get_future().wait_for(60s) == std::future_status::ready);
}

TEST_CASE("the memory of a request is free while its reply is held back") {
    ServerLimits limits;
    limits.request_bytes_max = limits.inflight_bytes_max = 1u << 20;
    TestServer server(echo_held_back, limits, 1);
    TestClient held(server.socket_path());
    REQUIRE(held.send(frame_bytes({{"hold_ms", 3'600'000}}, 900'000)));
    TestClient other(server.socket_path());
    CHECK(other.ask(frame_bytes({{"n", 2}}, 900'000))["body_bytes"] == 900'000);
}
