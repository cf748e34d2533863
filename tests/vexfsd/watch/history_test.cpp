// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/watch/history.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace vexfs;
using nlohmann::json;

namespace {

Snapshot snapshot_at(int64_t second, double queries_per_s, std::optional<double> p99_us = {}) {
    Snapshot snapshot;
    snapshot.time_ms = second * 1000;
    snapshot.lately.queries_per_s = queries_per_s;
    snapshot.lately.p99_us = p99_us;
    return snapshot;
}

void add_collection(Snapshot& snapshot, const std::string& name, uint64_t backlog_rows) {
    CollectionFigures figures;
    figures.name = name;
    figures.backlog_rows = backlog_rows;
    snapshot.collections.push_back(figures);
}

}  // namespace

TEST_CASE("a history tells the last seconds, and null for what was not known") {
    History history;
    for (int64_t second = 1; second <= 5; ++second)
        history.add(snapshot_at(second, static_cast<double>(second),
                                second == 5 ? std::optional(7.0) : std::nullopt));
    const json told = history.since("", 3);
    CHECK(told["step_s"] == 1);
    CHECK(told["times_ms"] == json({3000, 4000, 5000}));
    CHECK(told["queries_per_s"] == json({3.0, 4.0, 5.0}));
    CHECK(told["p99_us"].at(1).is_null());
    CHECK(told["p99_us"].at(2) == 7);
    CHECK(history.since("", 100)["times_ms"].size() == 5);
}

TEST_CASE("seconds are kept for a quarter of an hour, and minutes for a day") {
    History history;
    constexpr int64_t day_and_more_s = 25 * 3600;
    for (int64_t second = 0; second < day_and_more_s; ++second)
        history.add(snapshot_at(second, second % 60 == 0 ? 60 : 0, second % 60 == 0 ? 900 : 100));
    CHECK(history.since("", History::seconds_kept)["times_ms"].size() == 900);
    const json day = history.since("", History::span_s_max);
    CHECK(day["step_s"] == 60);
    CHECK(day["times_ms"].size() == 1440);
    CHECK(day["times_ms"].back() == (day_and_more_s - 1) * 1000);
    // A minute has the mean of rates, and the greatest of what is to be low.
    CHECK(day["queries_per_s"].front() == 1.0);
    CHECK(day["p99_us"].front() == 900);
}

TEST_CASE("each collection has a history as long as it is there, and as many do as fit") {
    History history;
    Snapshot snapshot = snapshot_at(1, 0);
    for (size_t i = 0; i < History::collections_max; ++i)
        add_collection(snapshot, "a" + std::to_string(1000 + i), i);
    add_collection(snapshot, "b", 7);
    history.add(snapshot);
    CHECK(history.since("a1003", 10)["backlog_rows"] == json::array({3.0}));
    CHECK(history.since("b", 10)["times_ms"].empty());
    CHECK(history.since("", 10)["backlog_rows"].at(0) == 127.0 * 64 + 7);

    Snapshot fewer = snapshot_at(2, 0);
    add_collection(fewer, "b", 8);
    history.add(fewer);
    CHECK(history.since("a1003", 10)["times_ms"].empty());
    CHECK(history.since("b", 10)["backlog_rows"] == json::array({8.0}));
}
