// SPDX-License-Identifier: Apache-2.0
// watch, metrics.
#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("watch tells of each collection what it holds and how it was asked") {
    TestService service;
    make_docs(service);
    service.ok(R"({"op":"search","collection":"docs","vectors":[[1,0],[2,0]]})");
    service.refused(R"({"op":"search","collection":"docs","vector":[1,0,0]})");
    const json now = service.ok(R"({"op":"watch"})");
    REQUIRE(now["collections"].size() == 1);
    const json& docs = now["collections"][0];
    CHECK(docs["name"] == "docs");
    CHECK(docs["points"] == 5);
    CHECK(docs["queries"] == 2);
    CHECK(docs["failures"] == 1);
    CHECK(docs["inserted_rows"] == 5);
    CHECK(docs["observed_recall"].is_null());
    CHECK(docs["io"]["written_bytes"].get<uint64_t>() > 0);
    CHECK(docs["lately"]["p99_us"].get<double>() > 0);
    CHECK(now["host"]["cpus"].get<int>() >= 1);
    CHECK(now["host"]["disk_free_bytes"].get<uint64_t>() > 0);
    CHECK(now["mount"]["mounted"] == false);
    CHECK_FALSE(now.contains("history"));
}

TEST_CASE("the rate of queries is what came since the snapshot before") {
    TestService service;
    make_docs(service);
    service.service().sample();
    for (int i = 0; i < 50; ++i) service.ok(R"({"op":"search","collection":"docs","vectors":[[1,0],[2,0]]})");
    const auto snapshot = service.service().sample();
    CHECK(snapshot->interval_s > 0);
    CHECK(snapshot->lately.queries_per_s * snapshot->interval_s == Approx(100));
    CHECK(snapshot->collections.at(0).lately.queries_per_s == snapshot->lately.queries_per_s);
    CHECK(service.service().sample()->lately.queries_per_s == 0);
    const json history = service.ok(R"({"op":"watch","history_s":60})")["history"];
    CHECK(history["queries_per_s"].size() == 3);
    const json of_docs = service.ok(R"({"op":"watch","collection":"docs","history_s":60})");
    CHECK(of_docs["history"]["queries_per_s"] == history["queries_per_s"]);
}

TEST_CASE("a collection that is made anew under its name begins anew") {
    TestService service;
    make_docs(service);
    for (int i = 0; i < 9; ++i) service.ok(R"({"op":"search","collection":"docs","vector":[1,0]})");
    service.service().sample();
    service.ok(R"({"op":"collection.delete","collection":"docs"})");
    make_docs(service);
    const auto snapshot = service.service().sample();
    CHECK(snapshot->collections.at(0).queries == 0);
    CHECK(snapshot->collections.at(0).lately.queries_per_s == 0);
    CHECK_FALSE(snapshot->collections.at(0).lately.p99_us);
}

TEST_CASE("watch and metrics leave out what the caller may not read") {
    TestService service;
    make_docs(service);
    service.ok(R"({"op":"collection.configure","collection":"docs","parameters":{"mode":384}})");
    CHECK_THAT(service.ok(R"({"op":"metrics"})")["text"].get<std::string>(), Catch::Contains("docs"));
    service.caller = {70'001, 70'001, {}, false};
    CHECK(service.ok(R"({"op":"watch"})")["collections"].empty());
    CHECK(service.refused(R"({"op":"watch","collection":"docs"})").code == ErrorCode::permission_denied);
    CHECK_THAT(service.ok(R"({"op":"metrics"})")["text"].get<std::string>(), !Catch::Contains("docs"));
}

TEST_CASE("watch refuses a history that is longer than what is kept, and a collection that is not there") {
    TestService service;
    CHECK(service.refused(R"({"op":"watch","history_s":86401})").code == ErrorCode::invalid_argument);
    CHECK(service.refused(R"({"op":"watch","history_s":0})").code == ErrorCode::invalid_argument);
    CHECK(service.refused(R"({"op":"watch","collection":"docs"})").code == ErrorCode::not_found);
}
