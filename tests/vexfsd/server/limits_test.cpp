// SPDX-License-Identifier: Apache-2.0
// How many clients are served, and how much of their requests is in memory.
#include <atomic>

#include "tests/eventually.h"
#include "tests/vexfsd/server/test_client.h"
#include "tests/vexfsd/server/test_server.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("a client beyond max_clients is told so, and served when another has gone") {
    ServerLimits limits;
    limits.clients_max = 2;
    TestServer server(echo, limits);
    TestClient first(server.socket_path());
    TestClient second(server.socket_path());
    REQUIRE(server.has_clients(2));
    TestClient third(server.socket_path());
    const json error = third.receive().header["error"];
    CHECK(error["code"] == "busy");
    CHECK(error["errno"] == "EBUSY");
    CHECK(error["message"] == "2 clients are connected already");
    CHECK_THAT(error["hint"].get<std::string>(), Catch::Contains("server.max_clients"));
    CHECK(third.closed());
    CHECK(second.ask(frame_bytes({{"n", 1}}))["ok"] == true);

    first.close();
    REQUIRE(server.has_clients(1));
    TestClient fourth(server.socket_path());
    CHECK(fourth.ask(frame_bytes({{"n", 1}}))["ok"] == true);
}

TEST_CASE("a client that is refused and began with a line is told in a line") {
    ServerLimits limits;
    limits.clients_max = 1;
    TestServer server(echo, limits);
    TestClient first(server.socket_path());
    REQUIRE(server.has_clients(1));
    std::optional<TestClient> refused;
    // While the loop is busy with this, so that the line is there when it accepts.
    server.run([&](Server&) {
        refused.emplace(server.socket_path());
        refused->send(line_bytes({{"op", "health"}}));
    });
    const Message reply = refused->receive();
    CHECK(reply.text);
    CHECK(reply.header["error"]["code"] == "busy");
    CHECK(refused->closed());
}

TEST_CASE("changed limits hold for what comes after") {
    TestServer server;
    TestClient client(server.socket_path());
    CHECK(client.ask(frame_bytes({{"n", 1}}, 100'000))["ok"] == true);
    ServerLimits limits;
    limits.clients_max = 1;
    limits.request_bytes_max = 65'536;
    limits.inflight_bytes_max = 65'536;
    server.run([&](Server& running) { running.set_limits(limits); });
    TestClient second(server.socket_path());
    CHECK(second.refusal() == "busy");
    CHECK(client.ask(frame_bytes({{"n", 1}}, 60'000))["ok"] == true);
    REQUIRE(client.send(prefix_bytes(2, 100'000)));
    CHECK(client.refusal() == "too_large");
}

TEST_CASE("requests that are too much together wait for each other, and all are answered") {
    ServerLimits limits;
    limits.request_bytes_max = 4u << 20;
    limits.inflight_bytes_max = 4u << 20;
    TestServer server(echo, limits, 2);
    std::atomic<int> answered = 0;
    std::vector<std::jthread> clients;
    for (int i = 0; i < 8; ++i) {
        clients.emplace_back([&] {
            const Bytes request = frame_bytes({{"n", 1}}, 3u << 20);
            TestClient client(server.socket_path());
            for (int round = 0; round < 3; ++round) {
                const auto reply = client.send(request) ? client.next() : std::nullopt;
                if (!reply || reply->header["body_bytes"] != 3u << 20) return;
                ++answered;
            }
        });
    }
    uint64_t most_bytes = 0;
    const auto look = [&] {
        uint64_t used = 0;
        server.run([&](Server& running) { used = running.budget().used_bytes(); });
        most_bytes = std::max(most_bytes, used);
        return used;
    };
    CHECK(eventually([&] {
        look();
        return answered == 24;
    }));
    clients.clear();
    CHECK(answered == 24);
    // The limit and one request.
    CHECK(most_bytes <= limits.inflight_bytes_max + limits.request_bytes_max);
    CHECK(server.has_clients(0));
    CHECK(look() == 0);
}

TEST_CASE("a client that sends without reading is held back by its own socket") {
    std::atomic<uint64_t> handled = 0;
    TestServer server([&](const Message&, const Caller&) {
        ++handled;
        Message reply;
        reply.header = {{"ok", true}};
        reply.body.resize(1u << 20);
        return reply;
    });
    TestClient client(server.socket_path());
    // All of these requests fit into the socket, their replies don't.
    Bytes requests;
    for (int i = 0; i < 100; ++i) append(requests, frame_bytes({{"n", i}}));
    REQUIRE(client.send(requests));
    TestClient other(server.socket_path());
    for (int i = 0; i < 20; ++i) REQUIRE(other.ask(line_bytes({{"n", i}}))["ok"] == true);
    CHECK(handled < 100);
    for (int i = 0; i < 100; ++i) REQUIRE(client.receive().body.size() == 1u << 20);
}
