// SPDX-License-Identifier: Apache-2.0
// What a client that is no Prometheus gets to see.
#include "vexfsd/metrics_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace vexfs;
using Catch::Contains;
using Catch::StartsWith;

namespace {

class Served {
  public:
    explicit Served(std::function<std::string()> text) {
        UniqueFd listener = listen_on_loopback("127.0.0.1", 0).value();
        socklen_t bytes = sizeof address_;
        REQUIRE(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address_), &bytes) == 0);
        server_ = MetricsServer::start(std::move(listener), std::move(text)).value();
    }

    // All that is answered until the server closes.
    std::string say(const std::string& request) {
        const UniqueFd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(connect(client.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 0);
        REQUIRE(send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(request.size()));
        std::string reply;
        char buffer[4096];
        for (ssize_t got = 0; (got = recv(client.get(), buffer, sizeof buffer, 0)) > 0;)
            reply.append(buffer, static_cast<size_t>(got));
        return reply;
    }
    std::string get(const std::string& verb, const std::string& path) {
        return say(verb + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }

  private:
    sockaddr_in address_{};
    std::unique_ptr<MetricsServer> server_;
};

}  // namespace

TEST_CASE("metrics are got, and nothing else") {
    Served served([] { return std::string("one 1\n"); });
    CHECK_THAT(served.get("GET", "/metrics"),
               StartsWith("HTTP/1.1 200") && Contains("version=0.0.4") && Contains("\r\n\r\none 1\n"));
    CHECK_THAT(served.get("HEAD", "/metrics"), StartsWith("HTTP/1.1 200") && !Contains("one 1"));
    CHECK_THAT(served.get("GET", "/"), StartsWith("HTTP/1.1 404"));
    CHECK_THAT(served.get("GET", "/metrics/../etc/passwd"), StartsWith("HTTP/1.1 404"));
    CHECK_THAT(served.get("POST", "/metrics"), StartsWith("HTTP/1.1 405") && Contains("Allow: GET, HEAD"));
}

TEST_CASE("nonsense, and a request that is too long, are refused, and the next is answered") {
    Served served([] { return std::string("one 1\n"); });
    CHECK_THAT(served.say("\x01\x02\r\n\r\n"), !Contains("one 1"));
    CHECK_THAT(served.say("GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\n\r\n"), !Contains("one 1"));
    CHECK_THAT(served.get("GET", "/metrics"), Contains("one 1"));
}

TEST_CASE("a failure is said") {
    Served served([]() -> std::string { throw std::runtime_error("no figures"); });
    CHECK_THAT(served.get("GET", "/metrics"), StartsWith("HTTP/1.1 500") && Contains("no figures"));
}

TEST_CASE("an address that is none, and a port that is taken, are refused") {
    CHECK(listen_on_loopback("localhost", 0).error().code == ErrorCode::invalid_argument);
    const UniqueFd first = listen_on_loopback("127.0.0.1", 0).value();
    sockaddr_in address{};
    socklen_t bytes = sizeof address;
    REQUIRE(getsockname(first.get(), reinterpret_cast<sockaddr*>(&address), &bytes) == 0);
    const auto second = listen_on_loopback("127.0.0.1", ntohs(address.sin_port));
    REQUIRE_FALSE(second);
    CHECK_THAT(second.error().message, Contains("listen for Prometheus at 127.0.0.1:"));
}
