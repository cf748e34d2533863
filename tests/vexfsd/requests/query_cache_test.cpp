// SPDX-License-Identifier: Apache-2.0
// Answers that are kept for queries that come again.
#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

ServiceOptions keeping(uint64_t entries, uint64_t bytes = 1 << 20) {
    ServiceOptions options;
    options.cache = {entries, bytes};
    return options;
}

constexpr const char* query = R"({"op":"search","collection":"docs","vector":[1.1,0],"limit":2})";

QueryCache::Answer answer(int value) {
    return std::make_shared<const json>(value);
}

}  // namespace

TEST_CASE("the same query is answered by what was found before") {
    TestService service(keeping(10));
    make_docs(service);
    const json first = service.ok(query);
    CHECK(first["path"] != "cache");
    const json second = service.ok(query);
    CHECK(second["path"] == "cache");
    CHECK(second["results"] == first["results"]);
    CHECK(second["distances"] == 0);
    // Another limit is another query, and so is a range.
    CHECK(service.ok(R"({"op":"search","collection":"docs","vector":[1.1,0],"limit":3})")["path"] != "cache");
    CHECK(
        service.ok(R"({"op":"search_range","collection":"docs","vector":[1.1,0],"limit":2,"max_distance":9})")
            ["path"] != "cache");
    const json stats = service.ok(R"({"op":"stats","collection":"docs"})");
    CHECK(stats["cache_hits"] == 1);
    CHECK(stats["cache_misses"] == 3);
    CHECK(stats["searches"] == 3);
    CHECK(service.ok(R"({"op":"stats"})")["cache_hits"] == 1);
}

TEST_CASE("no answer is kept over a change") {
    TestService service(keeping(10));
    make_docs(service);
    const auto ids = [&] { return ids_in(service.ok(query)["results"][0]); };
    CHECK(ids() == Ids{1, 2});
    service.ok(R"({"op":"insert","collection":"docs","ids":[9],"vector":[1.1,0]})");
    CHECK(ids() == Ids{9, 1});
    service.ok(R"({"op":"delete","collection":"docs","ids":[1]})");
    CHECK(ids() == Ids{9, 2});
    service.ok(R"({"op":"update_metadata","collection":"docs","id":9,"metadata":{"word":"nine"}})");
    CHECK(service.ok(query)["results"][0][0]["metadata"]["word"] == "nine");
    service.ok(query);
    service.ok(R"({"op":"collection.configure","collection":"docs","parameters":{"ef_search":7}})");
    CHECK(service.ok(query)["path"] != "cache");
    service.ok(R"({"op":"collection.reindex","collection":"docs","parameters":{"m":8}})");
    CHECK(service.ok(query)["path"] != "cache");
    service.ok(R"({"op":"collection.delete","collection":"docs"})");
    make_docs(service);
    CHECK(ids() == Ids{1, 2});
    CHECK(service.ok(R"({"op":"stats","collection":"docs"})")["cache_hits"] == 0);
}

TEST_CASE("raw vectors of a frame tell one query from another") {
    TestService service(keeping(10));
    make_docs(service);
    const auto ids = [&](std::vector<float> vector) {
        Message request = frame(R"({"op":"search","collection":"docs","limit":1})");
        add_array(request, "vectors", vector, {1, 2});
        return ids_in(service.ok(request)["results"][0]);
    };
    CHECK(ids({1, 0}) == Ids{1});
    CHECK(ids({4, 0}) == Ids{4});
    CHECK(ids({1, 0}) == Ids{1});
    CHECK(service.ok(R"({"op":"stats","collection":"docs"})")["cache_hits"] == 1);
}

TEST_CASE("who may not read a collection gets no answer that was kept for others") {
    TestService service(keeping(10));
    make_docs(service);
    service.ok(R"({"op":"collection.configure","collection":"docs","parameters":{"mode":384}})");
    service.ok(query);
    service.caller = {70'001, 70'001, {}, false};
    CHECK(service.refused(query).code == ErrorCode::permission_denied);
}

TEST_CASE("nothing is kept or counted where no entries are configured") {
    TestService service;
    make_docs(service);
    service.ok(query);
    CHECK(service.ok(query)["path"] != "cache");
    const json stats = service.ok(R"({"op":"stats","collection":"docs"})");
    CHECK(stats["cache_hits"] == 0);
    CHECK(stats["cache_misses"] == 0);
}

TEST_CASE("what was not asked for the longest time goes first") {
    QueryCache cache;
    cache.set_limits({2, 1 << 20});
    cache.put("a", answer(1), 0);
    cache.put("b", answer(2), 0);
    CHECK(*cache.find("docs", "a") == 1);
    cache.put("c", answer(3), 0);
    CHECK(cache.find("docs", "b") == nullptr);
    CHECK(*cache.find("docs", "a") == 1);
    CHECK(*cache.find("docs", "c") == 3);
    cache.set_limits({1, 1 << 20});
    CHECK(cache.find("docs", "a") == nullptr);
    CHECK(*cache.find("docs", "c") == 3);
    cache.set_limits({0, 0});
    CHECK_FALSE(cache.on());
    CHECK(cache.find("docs", "c") == nullptr);
}

TEST_CASE("the bytes of answers are bounded, and one large one takes no room from the others") {
    QueryCache cache;
    cache.set_limits({1000, 80'000});
    cache.put("small", answer(1), 1000);
    cache.put("large", answer(2), 10'000);
    CHECK(cache.find("docs", "large") == nullptr);
    CHECK(cache.find("docs", "small") != nullptr);
    for (int i = 0; i < 20; ++i) cache.put(std::to_string(i), answer(i), 8000);
    CHECK(cache.find("docs", "small") == nullptr);
    CHECK(cache.find("docs", "10") == nullptr);
    CHECK(*cache.find("docs", "19") == 19);
}
