// SPDX-License-Identifier: Apache-2.0
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <sstream>

#include "tests/vexfsd/server/test_client.h"
#include "tests/vexfsd/server/test_server.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("a thousand idle clients keep nobody from being served") {
    constexpr size_t idle_clients = 1000;
    rlimit descriptors{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &descriptors) == 0);
    const rlimit before = descriptors;
    descriptors.rlim_cur =
        std::max<rlim_t>(descriptors.rlim_cur, std::min<rlim_t>(descriptors.rlim_max, 4096));
    REQUIRE(setrlimit(RLIMIT_NOFILE, &descriptors) == 0);
    {
        TestServer server;
        std::vector<TestClient> idle;
        idle.reserve(idle_clients);
        for (size_t i = 0; i < idle_clients; ++i) {
            idle.emplace_back(server.socket_path());
            REQUIRE(idle.back().connected());
            // Some have begun with a request and gone no further.
            if (i % 4 == 0) REQUIRE(idle.back().send(bytes_of("VXF2")));
        }
        REQUIRE(server.has_clients(idle_clients));
        TestClient busy(server.socket_path());
        for (int i = 0; i < 100; ++i) REQUIRE(busy.ask(frame_bytes({{"n", i}}, 1000))["header"]["n"] == i);
        CHECK(idle.back().ask(line_bytes({{"n", 1}}))["ok"] == true);
        CHECK(server.has_clients(idle_clients + 1));
        idle.clear();
        CHECK(server.has_clients(1));
    }
    setrlimit(RLIMIT_NOFILE, &before);
}

// The undefined-behaviour sanitizer, built together with that of addresses, needs descriptors for its own
// checks.
#ifndef VEXFS_SANITIZED
TEST_CASE(
    "clients that are waiting when descriptors run out are served later, and meanwhile not tried all the "
    "time") {
    std::ostringstream log;
    const auto usual_log = spdlog::default_logger();
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
    const auto start = std::chrono::steady_clock::now();
    {
        TestServer server;
        rlimit before{};
        REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
        TestClient client(server.socket_path());
        REQUIRE(server.has_clients(1));
        std::optional<TestClient> waiting;
        server.run([&](Server&) {
            waiting.emplace(server.socket_path());
            // No descriptor above those in use, so that accepting fails.
            rlimit none = before;
            none.rlim_cur = 1;
            setrlimit(RLIMIT_NOFILE, &none);
        });
        for (int i = 0; i < 500; ++i) REQUIRE(client.ask(frame_bytes({{"n", i}}))["ok"] == true);
        CHECK(server.has_clients(1));
        setrlimit(RLIMIT_NOFILE, &before);
        CHECK(waiting->ask(frame_bytes({{"n", 2}}))["ok"] == true);
        CHECK(server.has_clients(2));
    }
    const auto took = std::chrono::steady_clock::now() - start;
    spdlog::set_default_logger(usual_log);
    const std::string lines = log.str();
    const auto tries = std::count(lines.begin(), lines.end(), '\n');
    CHECK(tries >= 1);
    CHECK(tries <= 1 + took / std::chrono::milliseconds(100));
}
#endif
