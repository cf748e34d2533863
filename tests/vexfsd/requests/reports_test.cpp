// SPDX-License-Identifier: Apache-2.0
// stats, health.
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
