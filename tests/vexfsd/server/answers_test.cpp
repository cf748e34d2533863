// SPDX-License-Identifier: Apache-2.0
// Requests come in and replies go out, in the same order.
#include <atomic>
#include <random>

#include "tests/vexfsd/server/test_client.h"
#include "tests/vexfsd/server/test_server.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("a frame is answered by a frame, a line by a line") {
    TestServer server;
    TestClient client(server.socket_path());
    REQUIRE(client.send(frame_bytes({{"n", 1}}, 5)));
    const Message framed = client.receive();
    CHECK_FALSE(framed.text);
    CHECK(framed.header["header"]["n"] == 1);
    CHECK(framed.header["body_bytes"] == 5);
    REQUIRE(client.send(line_bytes({{"n", 2}})));
    const Message lined = client.receive();
    CHECK(lined.text);
    CHECK(lined.header["header"]["n"] == 2);
}

TEST_CASE("requests that come at once are answered in their order") {
    TestServer server(echo, {}, 4);
    TestClient client(server.socket_path());
    constexpr int count = 500;
    Bytes all;
    for (int i = 0; i < count; ++i) {
        append(all, i % 3 == 0 ? line_bytes({{"n", i}}) : frame_bytes({{"n", i}}, i % 7 == 0 ? 1000u : 0u));
        if (i % 5 == 0) append(all, bytes_of("\r\n"));
    }
    std::thread sender([&] { client.send(all); });
    for (int i = 0; i < count; ++i) {
        const Message reply = client.receive();
        REQUIRE(reply.header["header"]["n"] == i);
        REQUIRE(reply.text == (i % 3 == 0));
    }
    sender.join();
    CHECK(client.silent());
}

TEST_CASE("requests that come in pieces of any size are answered") {
    for (uint32_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        TestServer server;
        TestClient client(server.socket_path());
        Bytes all;
        for (int i = 0; i < 20; ++i) append(all, frame_bytes({{"n", i}}, static_cast<size_t>(i) * 10));
        std::mt19937 random(seed);
        std::geometric_distribution<size_t> size(0.02);
        for (std::span<const std::byte> rest = all; !rest.empty();) {
            const size_t piece = std::min(rest.size(), 1 + size(random));
            REQUIRE(client.send(rest.first(piece)));
            rest = rest.subspan(piece);
        }
        for (int i = 0; i < 20; ++i) REQUIRE(client.receive().header["header"]["n"] == i);
    }
}

TEST_CASE("a large request and a large reply go through whole") {
    constexpr size_t body_bytes = 20u << 20;
    TestServer server([](const Message& request, const Caller&) {
        Message reply;
        reply.header = {{"ok", true}};
        reply.body = request.body;
        return reply;
    });
    TestClient client(server.socket_path());
    REQUIRE(client.send(frame_bytes({{"op", "x"}}, body_bytes)));
    const Message reply = client.receive();
    CHECK(reply.body == Bytes(body_bytes, std::byte{'x'}));
}

TEST_CASE("a client that sends no more still gets its replies") {
    TestServer server;
    TestClient client(server.socket_path());
    Bytes all = frame_bytes({{"n", 1}});
    append(all, bytes_of("{\"n\":2}"));  // the last line, without a newline
    REQUIRE(client.send(all));
    client.end();
    CHECK(client.receive().header["header"]["n"] == 1);
    CHECK(client.receive().header["header"]["n"] == 2);
    CHECK(client.closed());
    CHECK(server.has_clients(0));
}

TEST_CASE("many clients are answered at once, each with its own") {
    TestServer server(echo, {}, 4);
    std::atomic<int> faults = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            TestClient client(server.socket_path());
            for (int round = 0; round < 50; ++round) {
                const json sent{{"client", i}, {"round", round}};
                const auto reply = client.send(frame_bytes(sent, 3000)) ? client.next() : std::nullopt;
                if (!reply || reply->header["header"]["client"] != i ||
                    reply->header["header"]["round"] != round)
                    ++faults;
            }
        });
    }
    threads.clear();
    CHECK(faults == 0);
    CHECK(server.has_clients(0));
}

TEST_CASE("a long request of one client keeps no other waiting") {
    Gate gate;
    TestServer server([&](const Message& request, const Caller& caller) {
        if (request.header.contains("long")) gate.pass();
        return echo(request, caller);
    });
    TestClient slow(server.socket_path());
    REQUIRE(slow.send(frame_bytes({{"long", true}})));
    CHECK(gate.reached_by(1));
    TestClient quick(server.socket_path());
    CHECK(quick.ask(frame_bytes({{"n", 1}}))["ok"] == true);
    CHECK(slow.silent());
    gate.open();
    CHECK(slow.receive().header["ok"] == true);
}
