// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/group_commit.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace vexfs;

namespace {

constexpr auto for_ever = std::chrono::hours(1);

// A log whose writes are those with sequences up to `appended`.
struct Log {
    std::atomic<uint64_t> appended = 0;
    std::atomic<bool> held = false;  // while it is, an fdatasync doesn't end
    std::atomic<uint64_t> syncs_begun = 0;

    auto sync() {
        return [this]() -> Result<uint64_t> {
            const uint64_t last = appended;
            ++syncs_begun;
            while (held) std::this_thread::yield();
            return last;
        };
    }
};

class Writers {
  public:
    Writers(GroupCommit& group, Log& log) : group_(group), log_(log) {}

    void write(uint32_t batch_max, uint64_t bytes = 0) {
        const uint64_t sequence = ++log_.appended;
        threads_.emplace_back([this, sequence, batch_max, bytes] {
            const auto sync = log_.sync();
            if (group_.wait({sequence, bytes, batch_max}, sync)) ++acknowledged;
        });
    }
    void join() {
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
    }

    std::atomic<uint64_t> acknowledged = 0;

  private:
    GroupCommit& group_;
    Log& log_;
    std::vector<std::thread> threads_;
};

// Has the group see several writers at once: one syncs, three come meanwhile and share the next fdatasync.
void show_writers(GroupCommit& group, Log& log, Writers& writers) {
    log.held = true;
    writers.write(1);
    while (log.syncs_begun == 0) std::this_thread::yield();
    for (int i = 0; i < 3; ++i) writers.write(1);
    while (group.waiting() < 3) std::this_thread::yield();
    log.held = false;
    writers.join();
    REQUIRE(writers.acknowledged == 4);
}

}  // namespace

TEST_CASE("a lone writer has its fdatasync at once, however many writes may gather") {
    GroupCommit group(for_ever);
    Log log;
    const auto sync = log.sync();
    for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
        log.appended = sequence;
        REQUIRE(group.wait({sequence, 0, 64}, sync));
    }
    CHECK(group.syncs() == 3);
}

TEST_CASE("writes that come during an fdatasync share the next one") {
    GroupCommit group(for_ever);
    Log log;
    Writers writers(group, log);
    show_writers(group, log, writers);
    CHECK(group.syncs() == 2);
}

TEST_CASE("where there were several writers, one waits for the others, up to write_batch_size") {
    GroupCommit group(for_ever);
    Log log;
    Writers writers(group, log);
    show_writers(group, log, writers);
    const uint64_t before = group.syncs();
    const uint32_t batch_max = GENERATE(2, 3);
    for (uint32_t i = 1; i < batch_max; ++i) {
        writers.write(batch_max);
        while (group.waiting() < i) std::this_thread::yield();
    }
    CHECK(group.syncs() == before);
    writers.write(batch_max);
    writers.join();
    CHECK(group.syncs() == before + 1);
}

TEST_CASE("a write_batch_size of 1 waits for nobody") {
    GroupCommit group(for_ever);
    Log log;
    Writers writers(group, log);
    show_writers(group, log, writers);
    writers.write(1);
    writers.join();
    CHECK(writers.acknowledged == 5);
}

TEST_CASE("a write waits for others no longer than a time, and no longer than for 4 MiB") {
    SECTION("time") {
        GroupCommit group(std::chrono::milliseconds(1));
        Log log;
        Writers writers(group, log);
        show_writers(group, log, writers);
        writers.write(64);
        writers.join();
        CHECK(writers.acknowledged == 5);
    }
    SECTION("bytes") {
        GroupCommit group(for_ever);
        Log log;
        Writers writers(group, log);
        show_writers(group, log, writers);
        writers.write(64, GroupCommit::gather_bytes_max);
        writers.join();
        CHECK(writers.acknowledged == 5);
    }
}

TEST_CASE("after a failed fdatasync every wait fails") {
    GroupCommit group;
    const auto failing = []() -> Result<uint64_t> { return fail(ErrorCode::io_error, "fdatasync x"); };
    CHECK_FALSE(group.wait({1, 0, 1}, failing));
    Log log;
    log.appended = 2;
    const auto well = log.sync();
    CHECK_FALSE(group.wait({2, 0, 1}, well));
    CHECK(log.syncs_begun == 0);
}
