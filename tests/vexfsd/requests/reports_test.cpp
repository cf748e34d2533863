// SPDX-License-Identifier: Apache-2.0
// stats, io_stats, health.
#include "engine/simd/distance.h"
#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("stats count what was done since the start") {
    TestService service;
    make_docs(service);
    service.ok(R"({"op":"search","collection":"docs","vectors":[[1,0],[2,0]]})");
    service.ok(R"({"op":"delete","collection":"docs","ids":[1]})");
    service.ok(R"({"op":"update_metadata","collection":"docs","id":2,"metadata":{}})");
    const json stats = service.ok(R"({"op":"stats","collection":"docs"})");
    CHECK(stats["collection"] == "docs");
    CHECK(stats["searches"] == 2);
    CHECK(stats["inserts"] == 5);
    CHECK(stats["deletes"] == 1);
    CHECK(stats["updates"] == 1);
    CHECK(stats["distances"].get<uint64_t>() > 0);
    CHECK(stats["log_bytes"].get<uint64_t>() > 0);
    CHECK(stats["search_us_max"] <= stats["search_us_total"]);
}

TEST_CASE("stats of no collection are the sum of all") {
    TestService service;
    make_docs(service);
    service.ok(R"({"op":"collection.create","collection":"other","dimension":1})");
    service.ok(R"({"op":"insert","collection":"other","vectors":[[1],[2]]})");
    const json stats = service.ok(R"({"op":"stats"})");
    CHECK(stats["collections"] == 2);
    CHECK(stats["inserts"] == 7);
}

TEST_CASE("stats tell the backlog, its limit, and how long writes were held back by it") {
    TestService service;
    make_docs(service);
    const auto stats = [&] { return service.ok(R"({"op":"stats","collection":"docs"})"); };
    CHECK(stats()["backlog_rows"] == 5);
    CHECK(stats()["backlog_bytes"] == 5 * 2 * sizeof(float));
    CHECK(stats()["held_writes"] == 0);
    service.store().set_max_backlog({2, 1'000'000});
    CHECK(stats()["max_backlog_rows"] == 2);
    CHECK(stats()["max_backlog_bytes"] == 1'000'000);
    // Of one row, where the backlog is three times the limit.
    const Message reply = service.ask(line(R"({"op":"insert","collection":"docs","vectors":[[6,0]]})"));
    CHECK(reply.header["ok"] == true);
    CHECK(reply.held_back == std::chrono::microseconds(200));
    CHECK(stats()["held_writes"] == 1);
    CHECK(stats()["held_us_total"] == 200);
    CHECK(service.ask(line(R"({"op":"health"})")).held_back == std::chrono::microseconds(0));
    service.ok(R"({"op":"collection.create","collection":"other","dimension":1})");
    service.ok(R"({"op":"insert","collection":"other","vectors":[[1],[2]]})");
    CHECK(service.ok(R"({"op":"stats"})")["backlog_rows"] == 8);
}

TEST_CASE("io_stats tell what a collection wrote and synced, and by which system calls") {
    TestService service;
    make_docs(service);
    service.ok(R"({"op":"collection.configure","collection":"docs","parameters":{"durability":"sync"}})");
    const auto figures = [&] {
        return service.ok(R"({"op":"io_stats","collection":"docs"})")["collections"].at(0);
    };
    const json before = figures();
    service.ok(R"({"op":"insert","collection":"docs","vectors":[[1,0],[2,0]]})");
    const json after = figures();
    CHECK(after["name"] == "docs");
    CHECK(after["writes"] == before["writes"].get<uint64_t>() + 1);
    CHECK(after["syncs"] == before["syncs"].get<uint64_t>() + 1);
    CHECK(after["write_bytes"].get<uint64_t>() > before["write_bytes"].get<uint64_t>());
    CHECK(after["write_iops"].get<double>() > 0);
    CHECK(after["sync_p99_latency_ms"].get<double>() > 0);
    CHECK(after["sync_p99_latency_ms"] <= after["sync_max_latency_ms"]);
    CHECK(after["direct_io"] == "off");
    uint64_t in_histogram = 0;
    for (const json& bucket : after["sync_histogram"]) in_histogram += bucket["count"].get<uint64_t>();
    CHECK(after["syncs"] == in_histogram);
    const json all = service.ok(R"({"op":"io_stats"})");
    CHECK(all["backend"] == "posix");
    CHECK(all["collections"].size() == 1);
    CHECK(all["process"]["major_faults"].get<int64_t>() >= 0);
}

TEST_CASE("io_stats leave out what the caller may not read") {
    TestService service;
    make_docs(service);
    service.ok(R"({"op":"collection.configure","collection":"docs","parameters":{"mode":384}})");
    service.caller = {70'001, 70'001, {}, false};
    CHECK(service.ok(R"({"op":"io_stats"})")["collections"].empty());
}

TEST_CASE("health tells what serves, and that all is well") {
    TestService service;
    make_docs(service);
    service.caller = {70'001, 70'001, {}, false};
    const json health = service.ok(R"({"op":"health"})");
    CHECK(health["status"] == "ok");
    CHECK(health["version"] == VEXFS_VERSION);
    CHECK(health["pid"] == getpid());
    CHECK(health["uptime_s"].get<int64_t>() >= 0);
    CHECK(health["simd"] == simd::name_of(simd::kernels().isa));
    CHECK(health["collections"] == 1);
    CHECK(health["quarantined"].empty());
    CHECK(health["read_only"].empty());
}
