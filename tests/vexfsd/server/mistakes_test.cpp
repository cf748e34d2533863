// SPDX-License-Identifier: Apache-2.0
// Bytes that are no requests: the client is told, and where there is no way to go on, the connection closes.
#include "tests/vexfsd/server/test_client.h"
#include "tests/vexfsd/server/test_server.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("what is no message gets its error, and the connection closes") {
    TestServer server;
    for (const char* garbage : {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "[1,2]\n", "V\n", "VXF3............"}) {
        TestClient client(server.socket_path());
        REQUIRE(client.send(bytes_of(garbage)));
        CHECK(client.refusal() == "malformed");
        CHECK(client.closed());
    }
    CHECK(server.has_clients(0));
}

TEST_CASE("a request before garbage is answered first") {
    TestServer server;
    TestClient client(server.socket_path());
    Bytes bytes = frame_bytes({{"n", 1}});
    append(bytes, bytes_of("garbage"));
    REQUIRE(client.send(bytes));
    CHECK(client.receive().header["header"]["n"] == 1);
    CHECK(client.refusal() == "malformed");
    CHECK(client.closed());
}

TEST_CASE("a frame that announces too much gets its error at once, and the connection closes") {
    ServerLimits limits;
    limits.request_bytes_max = 100'000;
    TestServer server(echo, limits);
    for (const auto& prefix : {prefix_bytes(2, uint64_t{1} << 60), prefix_bytes(UINT32_MAX, 0),
                               prefix_bytes(100, 100'000), prefix_bytes(100'001, 0)}) {
        TestClient client(server.socket_path());
        REQUIRE(client.send(prefix));
        CHECK(client.refusal() == "too_large");
        CHECK(client.closed());
    }
    TestClient client(server.socket_path());
    CHECK(client.ask(frame_bytes({{"n", 1}}, 90'000))["ok"] == true);
}

TEST_CASE("a line that is too long gets its error as a line") {
    ServerLimits limits;
    limits.request_bytes_max = 100'000;
    TestServer server(echo, limits);
    TestClient client(server.socket_path());
    client.send(bytes_of("{" + std::string(100'000, ' ')));
    const Message reply = client.receive();
    CHECK(reply.text);
    CHECK(reply.header["error"]["code"] == "too_large");
    CHECK(client.closed());
}

TEST_CASE("a header that is no JSON gets its error, and the connection goes on") {
    TestServer server;
    TestClient client(server.socket_path());
    Bytes frame = prefix_bytes(7, 3);
    append(frame, bytes_of("{\"op\":}xyz"));
    REQUIRE(client.send(frame));
    CHECK(client.refusal() == "malformed");
    REQUIRE(client.send(bytes_of("{\"op\":\"\xff\"}\n")));
    const Message reply = client.receive();
    CHECK(reply.text);
    CHECK(reply.header["error"]["code"] == "malformed");
    CHECK(client.ask(frame_bytes({{"n", 1}}))["ok"] == true);
}

TEST_CASE("a client that closes in the midst of a request is gone, and the others are served") {
    TestServer server;
    TestClient other(server.socket_path());
    const Bytes whole = frame_bytes({{"n", 1}}, 200'000);
    for (const size_t sent :
         {size_t{1}, size_t{10}, frame_prefix_bytes, frame_prefix_bytes + 5, whole.size() - 1}) {
        TestClient client(server.socket_path());
        REQUIRE(client.send(std::span(whole).first(sent)));
        client.close();
    }
    {
        TestClient half(server.socket_path());
        REQUIRE(half.send(std::span(whole).first(30)));
        half.end();
        CHECK(half.closed());
    }
    CHECK(other.ask(frame_bytes({{"n", 1}}))["ok"] == true);
    CHECK(server.has_clients(1));
}

TEST_CASE("a client that closes while its request is in work is gone when that is done") {
    Gate gate;
    TestServer server([&](const Message& request, const Caller& caller) {
        if (request.header.contains("long")) gate.pass();
        return echo(request, caller);
    });
    TestClient client(server.socket_path());
    Bytes two = frame_bytes({{"long", true}});
    append(two, frame_bytes({{"n", 2}}));
    REQUIRE(client.send(two));
    REQUIRE(gate.reached_by(1));
    client.close();
    TestClient other(server.socket_path());
    CHECK(other.ask(frame_bytes({{"n", 1}}))["ok"] == true);
    gate.open();
    CHECK(server.has_clients(1));
}

TEST_CASE("a client that closes without reading its reply is gone") {
    TestServer server([](const Message&, const Caller&) {
        Message reply;
        reply.header = {{"ok", true}};
        reply.body.resize(20u << 20);
        return reply;
    });
    TestClient client(server.socket_path());
    REQUIRE(client.send(frame_bytes({{"n", 1}})));
    CHECK(server.has_clients(1));
    client.close();
    CHECK(server.has_clients(0));
}
