// SPDX-License-Identifier: Apache-2.0
// Which requests are begun, and which wait for their turn.
#include <atomic>
#include <latch>
#include <mutex>

#include "engine/base/waiting.h"
#include "tests/vexfsd/server/test_client.h"
#include "tests/vexfsd/server/test_server.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

// Requests {"waits":true} wait until they are let go, the others are answered at once.
class Held {
  public:
    Message answer(const Message& request) {
        if (request.header.value("waits", false)) {
            const Waiting for_others;
            const Waiting within_a_wait;
            ++waiting_;
            released_.wait();
            --waiting_;
        }
        Message reply;
        reply.header = {{"ok", true}};
        return reply;
    }
    Handler handler() {
        return [this](const Message& request, const Caller&) { return answer(request); };
    }
    void release() { released_.count_down(); }
    bool has_waiting(int count) {
        return eventually([&] { return waiting_ == count; });
    }

  private:
    std::atomic<int> waiting_ = 0;
    std::latch released_{1};
};

// The event loop has seen what was sent before.
void take_what_came(TestServer& server) {
    for (int i = 0; i < 3; ++i) server.run([](Server&) {});
}

const Bytes waits = line_bytes({{"waits", true}}), computes = line_bytes({{"waits", false}});

}  // namespace

TEST_CASE("requests that wait let others compute") {
    Held held;
    TestServer server(held.handler(), {}, 1);
    std::vector<std::unique_ptr<TestClient>> waiting;
    for (int i = 0; i < 20; ++i) {
        waiting.push_back(std::make_unique<TestClient>(server.socket_path()));
        REQUIRE(waiting.back()->send(waits));
    }
    REQUIRE(held.has_waiting(20));
    TestClient client(server.socket_path());
    for (int i = 0; i < 3; ++i) {
        REQUIRE(client.send(computes));
        REQUIRE(client.receive().header["ok"] == true);
    }
    held.release();
    for (const auto& one : waiting) REQUIRE(one->receive().header["ok"] == true);
}

TEST_CASE("no more requests are in work than are allowed, and that changes live") {
    Held held;
    ServerLimits limits;
    limits.in_work_max = 2;
    TestServer server(held.handler(), limits, 1);
    TestClient first(server.socket_path()), second(server.socket_path()), third(server.socket_path());
    REQUIRE(first.send(waits));
    REQUIRE(second.send(waits));
    REQUIRE(held.has_waiting(2));
    REQUIRE(third.send(computes));
    take_what_came(server);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(third.silent());
    limits.in_work_max = 3;
    server.run([&](Server& running) { running.set_limits(limits); });
    REQUIRE(third.receive().header["ok"] == true);
    held.release();
    REQUIRE(first.receive().header["ok"] == true);
    REQUIRE(second.receive().header["ok"] == true);
}

TEST_CASE("clients take turns: one that sends many requests holds nobody up") {
    std::atomic<bool> begun = false;
    std::latch released(1);
    std::mutex mutex;
    std::vector<std::string> order;
    TestServer server(
        [&](const Message& request, const Caller&) {
            begun = true;
            released.wait();
            const std::lock_guard lock(mutex);
            order.push_back(request.header.at("who"));
            Message reply;
            reply.header = {{"ok", true}};
            return reply;
        },
        {}, 1);
    TestClient greedy(server.socket_path()), modest(server.socket_path());
    constexpr size_t count = 100;
    Bytes many;
    for (size_t i = 0; i < count; ++i) append(many, line_bytes({{"who", "greedy"}}));
    REQUIRE(greedy.send(many));
    REQUIRE(eventually([&] { return begun.load(); }));
    REQUIRE(modest.send(line_bytes({{"who", "modest"}})));
    take_what_came(server);
    released.count_down();
    for (size_t i = 0; i < count; ++i) greedy.receive();
    modest.receive();
    REQUIRE(order.size() == count + 1);
    CHECK(order[1] == "modest");
}
