// SPDX-License-Identifier: Apache-2.0
#include "fuse/gate.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <latch>
#include <thread>

using namespace vexfs::fuse;

TEST_CASE("a call runs in its own thread") {
    Gate gate(1);
    std::thread::id ran;
    gate.run([&] { ran = std::this_thread::get_id(); });
    CHECK(ran == std::this_thread::get_id());
    ran = {};
    CHECK(gate.try_run([&] { ran = std::this_thread::get_id(); }));
    CHECK(ran == std::this_thread::get_id());
}

TEST_CASE("what has to wait keeps nobody, and is run by who is through") {
    Gate gate(1);
    std::latch entered(1), leave(1);
    std::thread::id first, second;
    std::jthread runner([&] {
        gate.run([&] {
            first = std::this_thread::get_id();
            entered.count_down();
            leave.wait();
        });
    });
    entered.wait();
    gate.run([&] { second = std::this_thread::get_id(); });
    CHECK(second == std::thread::id());
    CHECK_FALSE(gate.try_run([] { FAIL("it has to wait"); }));
    CHECK((gate.load().in_work == 1 && gate.load().waiting == 1));
    leave.count_down();
    runner.join();
    CHECK(second == first);
    CHECK((gate.load().in_work == 0 && gate.load().waiting == 0));
}

TEST_CASE("no more calls run at once than are let through, and all are run") {
    Gate gate(3);
    std::atomic<int> running = 0, most = 0, done = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                for (int j = 0; j < 200; ++j) {
                    gate.run([&] {
                        const int now = ++running;
                        int seen = most;
                        while (seen < now && !most.compare_exchange_weak(seen, now)) {
                        }
                        --running;
                        ++done;
                    });
                }
            });
        }
    }
    CHECK(done == 8 * 200);
    CHECK(most <= 3);
}
