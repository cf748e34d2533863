// SPDX-License-Identifier: Apache-2.0
// How searches were answered and how long that took; those that take too long.
#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

// So many vectors that a look at each takes some milliseconds.
void make_many(TestService& service) {
    constexpr size_t rows = 100'000, dimension = 64, at_once = 10'000;
    service.ok(R"({"op":"collection.create","collection":"many","dimension":64,"algorithm":"flat",)"
               R"("parameters":{"durability":"async"}})");
    std::vector<float> vectors(at_once * dimension);
    for (size_t i = 0; i < vectors.size(); ++i) vectors[i] = static_cast<float>(i * 7919 % 1013) - 500;
    for (size_t row = 0; row < rows; row += at_once) {
        Message insert = frame(R"({"op":"insert","collection":"many"})");
        add_array(insert, "vectors", std::span<const float>(vectors), {at_once, dimension});
        service.ok(insert);
    }
}

json many_queries(size_t queries) {
    json vectors = json::array();
    for (size_t i = 0; i < queries; ++i) vectors.push_back(std::vector<float>(64, static_cast<float>(i)));
    return {{"op", "search"}, {"collection", "many"}, {"vectors", vectors}};
}

}  // namespace

TEST_CASE("a search explains how it was answered, query by query") {
    TestService service;
    make_docs(service);
    const json reply = service.ok(
        R"({"op":"search","collection":"docs","vectors":[[1,0],[2,0]],"filter":{"odd":true},"explain":true})");
    REQUIRE(reply["plans"].size() == 2);
    const json& plan = reply["plans"][0];
    CHECK(plan["path"] == "filter scan");
    CHECK(plan["matches"] == 3);
    CHECK(plan["selectivity"].get<double>() == Approx(0.6));
    CHECK(plan["scanned"] == 3);
    CHECK(plan["visited"] == 0);
    for (const char* stage : {"filter_us", "index_us", "scan_us", "reply_us"})
        CHECK(plan[stage].get<double>() >= 0);
    CHECK_FALSE(service.ok(R"({"op":"search","collection":"docs","vector":[1,0]})").contains("plans"));
    CHECK(service.refused(R"({"op":"search","collection":"docs","vector":[1,0],"explain":1})").code ==
          ErrorCode::invalid_argument);
}

TEST_CASE("what is explained is searched for, also where the answer was kept") {
    ServiceOptions options;
    options.cache = {10, 1 << 20};
    TestService service(options);
    make_docs(service);
    const char* query = R"({"op":"search","collection":"docs","vector":[1,0],"explain":true})";
    CHECK(service.ok(query)["path"] == "scan");
    CHECK(service.ok(query)["path"] == "scan");
}

TEST_CASE("the times of searches are told by the way in which they were answered") {
    TestService service;
    make_docs(service);
    for (int i = 0; i < 3; ++i) service.ok(R"({"op":"search","collection":"docs","vector":[1,0]})");
    service.ok(R"({"op":"search","collection":"docs","vector":[1,0],"filter":{"odd":true}})");
    CHECK_FALSE(service.ok(R"({"op":"stats"})").contains("queries"));
    for (const char* request :
         {R"({"op":"stats","queries":true})", R"({"op":"stats","collection":"docs","queries":true})"}) {
        const json plans = service.ok(request)["queries"];
        REQUIRE(plans.size() == 2);
        for (const json& plan : plans) {
            CHECK(plan["collection"] == "docs");
            CHECK(plan["count"] == (plan["plan"] == "scan" ? 3 : 1));
            CHECK(plan["p50_us"] <= plan["p95_us"]);
            CHECK(plan["p95_us"] <= plan["p99_us"]);
            CHECK(plan["p99_us"] <= plan["max_us"]);
        }
    }
    service.ok(R"({"op":"collection.delete","collection":"docs"})");
    make_docs(service);
    CHECK(service.ok(R"({"op":"stats","collection":"docs","queries":true})")["queries"].empty());
}

TEST_CASE("a search past its time is ended and says so") {
    TestService service;
    make_many(service);
    json request = many_queries(1000);
    request["timeout_ms"] = 20;
    const Error error = service.refused(line(request.dump()));
    CHECK(error.code == ErrorCode::timed_out);
    CHECK(error.message.find("20 ms") != std::string::npos);
    request = many_queries(1);
    request["timeout_ms"] = 60'000;
    service.ok(line(request.dump()));
    request["timeout_ms"] = 0;
    CHECK(service.refused(line(request.dump())).code == ErrorCode::invalid_argument);
}

TEST_CASE("nothing is searched for a client that is gone") {
    TestService service;
    make_many(service);
    const auto gone = std::make_shared<std::atomic<bool>>(false);
    service.caller.gone = gone;
    service.ok(line(many_queries(1).dump()));
    *gone = true;
    const uint64_t before = service.ok(R"({"op":"stats","collection":"many"})")["searches"];
    CHECK(service.refused(line(many_queries(1).dump())).code == ErrorCode::unavailable);
    CHECK(service.ok(R"({"op":"stats","collection":"many"})")["searches"] == before);
}

TEST_CASE("slow searches are told of, those that fail too") {
    std::vector<SlowQuery> slow;
    ServiceOptions options;
    options.slow_query_us = 1000;
    options.note_slow_query = [&](const SlowQuery& query) { slow.push_back(query); };
    TestService service(options);
    make_docs(service);
    make_many(service);
    service.ok(R"({"op":"search","collection":"docs","vector":[1,0]})");
    const size_t quick = slow.size();  // on a machine that is busy it may be slow
    json request = many_queries(20);
    request["limit"] = 3;
    request["filter"] = json{{"n", {{"$exists", false}}}};
    service.ok(line(request.dump()));
    REQUIRE(slow.size() == quick + 1);
    CHECK(slow.back().collection == "many");
    CHECK(slow.back().plan == "filter scan");
    CHECK(slow.back().took_us >= 1000);
    CHECK(slow.back().queries == 20);
    CHECK(slow.back().limit == 3);
    CHECK(slow.back().filter.find("$exists") != std::string::npos);
    CHECK(slow.back().failure.empty());
    request = many_queries(1000);
    request["timeout_ms"] = 20;
    service.refused(line(request.dump()));
    REQUIRE(slow.size() == quick + 2);
    CHECK(slow.back().failure.find("timeout_ms") != std::string::npos);
}
