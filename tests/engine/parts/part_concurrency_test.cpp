// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "parts_data.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("searches run beside work, deletions and saving, and always find what was covered") {
    Rows rows(clustered(4000, 12, 10, 1));
    const TemporaryDirectory directory;
    const auto index = empty_index(rows);
    std::atomic<bool> done = false;
    std::atomic<size_t> wrong = 0, searches = 0;
    std::vector<std::jthread> threads;
    for (uint32_t t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
            for (uint32_t i = t; !done; i += 7) {
                const uint32_t covered = index->indexed();
                if (covered == 0) {
                    std::this_thread::yield();
                    continue;
                }
                const uint32_t row = i % covered;
                const bool alive = !rows.table.dead(row);
                const auto found = rows.search(*index, rows.vectors[row], 5, 60);
                // It may have died meanwhile.
                if (alive && !rows.table.dead(row) && (found.empty() || found[0].row != row)) ++wrong;
                ++searches;
            }
        });
    }
    std::jthread second_worker([&] {
        while (!done) {
            index->work(rows.table, all_work());
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    });
    std::jthread saver([&] {
        for (size_t i = 0; !done; ++i) {
            const auto saved = index->save(
                posix_disk(), directory.file(""), [&] { return "part-" + std::to_string(++i); }, false);
            if (!saved) ++wrong;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    });
    for (uint32_t step = 0; step < 8; ++step) {
        rows.append(500);
        for (uint32_t row = step * 500; row < step * 500 + 150; ++row)
            if (step % 2 == 0) rows.table.kill(row);
        index->work(rows.table, all_work());
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(4);
    while ((index->indexed() < 4000 || !index->settled() || searches < 200) &&
           std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    done = true;
    for (auto& thread : threads) thread.join();
    second_worker.join();
    saver.join();
    CHECK(index->indexed() == 4000);
    CHECK(index->settled());
    CHECK(searches >= 200);
    CHECK(wrong <= searches / 200);  // the graph is approximate
    settle(*index, rows.table);
    for (uint32_t row = 0; row < 4000; row += 37) {
        const auto found = rows.search(*index, rows.vectors[row], 1, 60);
        REQUIRE(found.size() == 1);
        CHECK((found[0].row == row) == !rows.table.dead(row));
    }
}
