// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/part_index.h"

#include <catch2/catch.hpp>
#include <thread>

#include "engine/graph/part.h"
#include "parts_data.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("an index without rows has nothing to do and finds nothing") {
    Rows rows(clustered(10, 8, 2, 1));
    const auto index = empty_index(rows);
    CHECK_FALSE(index->work(rows.table, all_work()));
    CHECK(index->indexed() == 0);
    CHECK(index->settled());
    CHECK(index->unsaved_rows() == 0);
    CHECK(rows.search(*index, rows.vectors[0], 10, 10).empty());
}

TEST_CASE("an index covers rows in steps, then refines, then rests") {
    Rows rows(clustered(4000, 16, 10, 1));
    const Vectors queries = clustered(30, 16, 10, 2);
    const auto index = empty_index(rows);
    rows.append(1500);
    CHECK(index->work(rows.table, all_work()));
    CHECK(index->indexed() == 1500);
    CHECK_FALSE(index->settled());
    CHECK(recall_at_10(*index, rows, queries, 150) >= 0.95);
    rows.append(2500);
    CHECK(settle(*index, rows.table) < 10);
    CHECK(index->indexed() == 4000);
    CHECK(index->settled());
    CHECK(index->unsaved_rows() == 4000);
    CHECK(index->memory_bytes() > 4000 * 16);
    CHECK(recall_at_10(*index, rows, queries, 150) >= 0.95);
    CHECK_FALSE(index->work(rows.table, all_work()));
}

TEST_CASE("without being asked for all, few rows are left to scans and some wait until no more come") {
    Rows rows(clustered(4000, 8, 10, 1));
    const auto index = empty_index(rows);
    IndexWork work;
    work.threads = 2;
    rows.append(1000);
    CHECK_FALSE(index->work(rows.table, work));
    rows.append(3000);
    CHECK_FALSE(index->work(rows.table, work));
    CHECK(index->indexed() == 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    CHECK(index->work(rows.table, work));
    CHECK(index->indexed() == 4000);
}

TEST_CASE("several parts are searched as one") {
    Rows rows(clustered(6000, 16, 10, 1));
    const Vectors queries = clustered(30, 16, 10, 2);
    std::vector<PartIndex::Saved> parts;
    for (const auto& [first, end] :
         std::vector<std::pair<uint32_t, uint32_t>>{{0, 3500}, {3500, 5000}, {5000, 6000}}) {
        std::vector<uint32_t> numbers;
        for (uint32_t row = first; row < end; ++row) numbers.push_back(row);
        graph::PartOptions options;
        options.parameters = quick_parameters();
        options.threads = 2;
        parts.push_back({graph::Part::build(
                             16, simd::Metric::euclidean, {first, end}, numbers,
                             [&](uint32_t row) { return rows.vectors[row]; }, options),
                         {}});
    }
    PartIndex index(schema_of(rows), parts);
    rows.append(6000);
    CHECK(index.indexed() == 6000);
    CHECK_FALSE(index.settled());
    CHECK(recall_at_10(index, rows, queries, 100) >= 0.95);
    for (const size_t limit : {1, 10, 100}) {
        const auto found = rows.search(index, queries[0], limit, 1);
        CHECK(found.size() == limit);
        CHECK(std::is_sorted(found.begin(), found.end(),
                             [](const Neighbour& a, const Neighbour& b) { return a.distance < b.distance; }));
        CHECK(rows_of(found).size() == limit);
    }
    CHECK(settle(index, rows.table) < 10);
    CHECK(index.settled());
    CHECK(recall_at_10(index, rows, queries, 100) >= 0.95);
}

TEST_CASE("rows that are deleted are not found, and a part that has too many is built anew, once") {
    Rows rows(clustered(3000, 16, 10, 1));
    const Vectors queries = clustered(30, 16, 10, 2);
    const auto index = empty_index(rows);
    rows.append(3000);
    settle(*index, rows.table);
    for (uint32_t row = 0; row < 3000; row += 20) rows.table.kill(row);
    CHECK_FALSE(index->work(rows.table, all_work()));  // 5 % are no reason
    for (uint32_t row = 0; row < 3000; row += 4)
        if (row % 20 != 0) rows.table.kill(row);
    const size_t memory = index->memory_bytes();
    const size_t steps = settle(*index, rows.table);
    CHECK(steps >= 1);
    CHECK(steps <= 3);  // built, and refined
    CHECK(index->settled());
    CHECK(index->indexed() == 3000);
    CHECK(index->memory_bytes() < memory);
    CHECK(recall_at_10(*index, rows, queries, 150) >= 0.95);
    for (uint32_t i = 0; i < queries.rows(); ++i)
        for (const Neighbour& one : rows.search(*index, queries[i], 20, 50))
            CHECK_FALSE(rows.table.dead(one.row));
}

TEST_CASE("an index whose rows are all deleted is empty, and takes new ones") {
    Rows rows(clustered(3000, 16, 10, 1));
    const auto index = empty_index(rows);
    rows.append(2000);
    settle(*index, rows.table);
    for (uint32_t row = 0; row < 2000; ++row) rows.table.kill(row);
    CHECK(settle(*index, rows.table) <= 3);
    CHECK(rows.search(*index, rows.vectors[0], 10, 50).empty());
    rows.append(1000);
    CHECK(settle(*index, rows.table) <= 3);
    CHECK(index->indexed() == 3000);
    const auto found = rows.search(*index, rows.vectors[2500], 1, 50);
    REQUIRE(found.size() == 1);
    CHECK(found[0].row == 2500);
}

TEST_CASE("work that is stopped leaves the index as it was, and can be done later") {
    Rows rows(clustered(3000, 16, 10, 1));
    const auto index = empty_index(rows);
    rows.append(1500);
    settle(*index, rows.table);
    rows.append(1500);
    std::stop_source source;
    source.request_stop();
    IndexWork stopped = all_work();
    stopped.stop = source.get_token();
    CHECK_FALSE(index->work(rows.table, stopped));
    CHECK(index->indexed() == 1500);
    CHECK(rows.search(*index, rows.vectors[7], 1, 50).at(0).row == 7);
    CHECK(settle(*index, rows.table) < 10);
    CHECK(index->indexed() == 3000);
}

TEST_CASE("a build that is stopped in the middle leaves a usable index") {
    Rows rows(clustered(6000, 16, 10, 1));
    const auto index = empty_index(rows);
    rows.append(6000);
    for (const int microseconds : {100, 3'000, 10'000, 30'000}) {
        std::stop_source source;
        IndexWork work = all_work();
        work.stop = source.get_token();
        std::jthread stopper([&] {
            std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
            source.request_stop();
        });
        const bool done = index->work(rows.table, work);
        stopper.join();
        CHECK((index->indexed() == 6000 || !done));
    }
    CHECK(settle(*index, rows.table) < 10);
    CHECK(index->settled());
    CHECK(rows.search(*index, rows.vectors[7], 1, 50).at(0).row == 7);
}

TEST_CASE("an index of hash tables covers rows in steps, merges them, and forgets what is deleted") {
    Rows rows(clustered(4000, 16, 10, 1));
    const Vectors queries = clustered(30, 16, 10, 2);
    const auto index = empty_index(rows, Algorithm::lsh);
    rows.append(1500);
    CHECK(settle(*index, rows.table) == 1);
    CHECK(index->indexed() == 1500);
    CHECK(recall_at_10(*index, rows, queries, 300) >= 0.95);
    rows.append(2500);
    CHECK(settle(*index, rows.table) < 10);
    CHECK(index->indexed() == 4000);
    CHECK(index->settled());
    CHECK(recall_at_10(*index, rows, queries, 300) >= 0.95);
    CHECK(index->calibration(0.9).recall >= 0.9F);
    for (uint32_t row = 0; row < 4000; row += 3) rows.table.kill(row);
    for (uint32_t i = 0; i < queries.rows(); ++i)
        for (const Neighbour& one : rows.search(*index, queries[i], 20, 100))
            CHECK_FALSE(rows.table.dead(one.row));
    CHECK(settle(*index, rows.table) == 1);  // a third is dead
    CHECK(recall_at_10(*index, rows, queries, 300) >= 0.95);
}
