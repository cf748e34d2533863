// SPDX-License-Identifier: Apache-2.0
// The server stops: what is in work is answered, and nothing else begins.
#include <atomic>

#include "tests/vexfsd/server/test_client.h"
#include "tests/vexfsd/server/test_server.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

// Stops the server, and tells when it has stopped.
std::future<void> stop(TestServer& server) {
    auto stopped = std::make_shared<std::promise<void>>();
    server.run([&](Server& running) { running.stop([stopped] { stopped->set_value(); }); });
    return stopped->get_future();
}

bool is_farewell(const Message& reply) {
    const auto error = error_of(reply);
    return error && error->code == ErrorCode::unavailable;
}

constexpr auto patience = std::chrono::seconds(60);

}  // namespace

TEST_CASE("a server without requests in work stops at once, and tells its clients") {
    TestServer server;
    TestClient idle(server.socket_path());
    TestClient half(server.socket_path());
    REQUIRE(half.send(bytes_of("VXF2")));
    REQUIRE(server.has_clients(2));
    CHECK(stop(server).wait_for(patience) == std::future_status::ready);
    for (TestClient* client : {&idle, &half}) {
        CHECK(is_farewell(client->receive()));
        CHECK(client->closed());
    }
    CHECK_FALSE(TestClient(server.socket_path()).connected());
}

TEST_CASE("a server without clients stops at once") {
    TestServer server;
    CHECK(stop(server).wait_for(patience) == std::future_status::ready);
}

TEST_CASE("a stop waits for the requests in work, and begins none of those behind them") {
    Gate gate;
    std::atomic<int> handled = 0;
    TestServer server([&](const Message& request, const Caller& caller) {
        ++handled;
        gate.pass();
        return echo(request, caller);
    });
    TestClient client(server.socket_path());
    Bytes two = frame_bytes({{"n", 1}}, 10);
    append(two, frame_bytes({{"n", 2}}));
    REQUIRE(client.send(two));
    REQUIRE(gate.reached_by(1));
    auto stopped = stop(server);
    CHECK(stopped.wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout);
    CHECK(client.silent());
    gate.open();
    CHECK(client.receive().header["header"]["n"] == 1);
    CHECK(is_farewell(client.receive()));
    CHECK(client.closed());
    CHECK(stopped.wait_for(patience) == std::future_status::ready);
    CHECK(handled == 1);
}

TEST_CASE("a stop waits until a reply is taken") {
    TestServer server([](const Message&, const Caller&) {
        Message reply;
        reply.header = {{"ok", true}};
        reply.body.resize(20u << 20);
        return reply;
    });
    TestClient client(server.socket_path());
    REQUIRE(client.send(frame_bytes({{"n", 1}})));
    REQUIRE(client.hears());  // the reply has begun, and doesn't fit into the socket
    auto stopped = stop(server);
    CHECK(client.receive().body.size() == 20u << 20);
    CHECK(is_farewell(client.receive()));
    CHECK(client.closed());
    CHECK(stopped.wait_for(patience) == std::future_status::ready);
}

TEST_CASE("a server that is destroyed lets the requests in work end and closes") {
    Gate gate;
    std::atomic<int> ended = 0;
    std::optional<TestServer> server;
    server.emplace([&](const Message& request, const Caller& caller) {
        gate.pass();
        ++ended;
        return echo(request, caller);
    });
    TestClient client(server->socket_path());
    REQUIRE(client.send(frame_bytes({{"n", 1}})));
    REQUIRE(gate.reached_by(1));
    std::thread opener([&] { gate.open(); });
    server.reset();
    CHECK(ended == 1);
    opener.join();
    // A reply that was ready before the loop ended has come all the same.
    bool closed = false;
    for (int bytes = 0; !closed && bytes < 1000; ++bytes) closed = client.closed();
    CHECK(closed);
}
