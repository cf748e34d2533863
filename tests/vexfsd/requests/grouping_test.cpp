// SPDX-License-Identifier: Apache-2.0
// search with group_similar, and by another metric than the collection's.
#include <cmath>
#include <random>

#include "engine/collection/query.h"
#include "tests/vexfsd/requests/test_service.h"
#include "vexfsd/requests/similar_queries.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

constexpr uint32_t dimension = 16;

std::vector<float> random_rows(size_t rows, uint32_t seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> value;
    std::vector<float> vectors(rows * dimension);
    for (float& one : vectors) one = value(random);
    return vectors;
}

// A collection "points" of many points, half of them even.
void make_points(TestService& service, size_t rows) {
    service.ok(R"({"op":"collection.create","collection":"points","dimension":16})");
    Message insert = frame(R"({"op":"insert","collection":"points"})");
    add_array(insert, "vectors", random_rows(rows, 1), {rows, dimension});
    json metadata = json::array();
    for (size_t i = 0; i < rows; ++i) metadata.push_back({{"even", i % 2 == 0}});
    insert.header["metadata"] = metadata;
    service.ok(insert);
    service.ok(R"({"op":"collection.optimize","collection":"points","wait":true})");
}

// Some queries around each of some centres, the queries of a centre one after the other.
std::vector<float> around(size_t centres, size_t each, float spread) {
    const std::vector<float> middle = random_rows(centres, 2);
    const std::vector<float> noise = random_rows(centres * each, 3);
    std::vector<float> queries(noise.size());
    for (size_t i = 0; i < queries.size(); ++i) {
        const size_t row = i / dimension;
        queries[i] = middle[row / each * dimension + i % dimension] + spread * noise[i];
    }
    return queries;
}

Message search_of(const std::vector<float>& queries, std::string_view fields) {
    Message request = frame(R"({"op":"search","collection":"points",)" + std::string(fields) + "}");
    add_array(request, "vectors", queries, {queries.size() / dimension, dimension});
    return request;
}

double common_share(const json& some, const json& others) {
    double common = 0, all = 0;
    for (size_t query = 0; query < others.size(); ++query) {
        const Ids wanted = ids_in(others[query]);
        for (const uint64_t id : ids_in(some[query])) common += std::ranges::count(wanted, id) > 0 ? 1 : 0;
        all += static_cast<double>(wanted.size());
    }
    return common / all;
}

}  // namespace

TEST_CASE("queries are grouped by their cosine to the first of a group") {
    const std::vector<float> queries = around(3, 5, 0.01F);
    const auto groups = similar_queries(queries, dimension, 0.99);
    REQUIRE(groups.size() == 3);
    CHECK(groups[1] == std::vector<size_t>{5, 6, 7, 8, 9});
    CHECK(similar_queries(around(3, 3, 0.01F), dimension, 0.99).empty());
    CHECK(similar_queries(around(3, 5, 10), dimension, 0.99).empty());
    CHECK(similar_queries(std::vector<float>(5 * dimension), dimension, 0.5).empty());
}

TEST_CASE("similar queries share a search, keep their filter, and are told the recall") {
    TestService service;
    make_points(service, 5'000);
    const std::vector<float> queries = around(4, 20, 0.01F);
    const json alone = service.ok(search_of(queries, R"("exact":true,"filter":{"even":true})"));
    const json shared = service.ok(search_of(queries, R"("group_similar":0.98,"filter":{"even":true})"));
    const json& grouping = shared["grouping"];
    CHECK(grouping["groups"] == 4);
    CHECK(grouping["queries"] == 80);
    CHECK(grouping["recall"].get<double>() >= 0.9);
    REQUIRE(shared["results"].size() == 80);
    for (const json& hits : shared["results"]) {
        REQUIRE(hits.size() == 10);
        for (const json& hit : hits) REQUIRE(hit["metadata"]["even"] == true);
        REQUIRE(
            std::ranges::is_sorted(hits, {}, [](const json& hit) { return hit["distance"].get<double>(); }));
    }
    CHECK(common_share(shared["results"], alone["results"]) >= 0.9);
    // Far fewer distances than a search each.
    const json scanned =
        service.ok(search_of(queries, R"("exact":true,"group_similar":0.98,"filter":{"even":true})"));
    CHECK(scanned["grouping"]["groups"] == 4);
    CHECK(scanned["distances"] < alone["distances"]);
    CHECK_FALSE(alone.contains("grouping"));
}

TEST_CASE("groups whose shared search finds too little are answered one by one") {
    TestService service;
    make_points(service, 5'000);
    const std::vector<float> queries = around(2, 10, 3);
    const json shared = service.ok(search_of(queries, R"("group_similar":0.01,"limit":3)"));
    CHECK(shared["grouping"] == json{{"groups", 0}, {"queries", 0}});
    CHECK(shared["results"] == service.ok(search_of(queries, R"("limit":3)"))["results"]);
}

TEST_CASE("group_similar is a cosine, of a search that isn't explained") {
    TestService service;
    make_points(service, 10);
    const std::vector<float> query = random_rows(1, 4);
    for (const char* fields : {R"("group_similar":0)", R"("group_similar":1.5)", R"("group_similar":"yes")",
                               R"("group_similar":0.9,"explain":true)"}) {
        CHECK(service.refused(search_of(query, fields)).code == ErrorCode::invalid_argument);
    }
    Message range = search_of(query, R"("group_similar":0.9,"max_distance":1)");
    range.header["op"] = "search_range";
    CHECK(service.refused(range).message == "operation search_range has no field \"group_similar\"");
}

TEST_CASE("a search by another metric than the collection's compares with every vector") {
    TestService service;
    make_points(service, 2'000);
    const std::vector<float> points = random_rows(2'000, 1), queries = random_rows(3, 5);
    for (const char* name : {"euclidean", "dot", "manhattan", "cosine"}) {
        CAPTURE(name);
        const json reply =
            service.ok(search_of(queries, R"("limit":5,"exact":true,"metric":")" + std::string(name) + "\""));
        for (size_t row = 0; row < 3; ++row) {
            const std::span<const float> rows(queries);
            const Query query(rows.subspan(row * dimension, dimension), metric_from_name(name).value());
            std::vector<float> distances;
            for (size_t at = 0; at < points.size(); at += dimension)
                distances.push_back(query.distance(&points[at], norm_of(&points[at], dimension)));
            std::ranges::sort(distances);
            REQUIRE(reply["results"][row].size() == 5);
            for (size_t i = 0; i < 5; ++i)
                CHECK(reply["results"][row][i]["distance"].get<float>() == Approx(distances[i]).margin(1e-4));
        }
    }
    CHECK(service.ok(search_of(queries, R"("metric":"manhattan")"))["path"] == "scan");
    CHECK(service.ok(search_of(queries, R"("metric":"cosine")"))["path"] != "scan");
    CHECK(service.ok(search_of(queries, R"("metric":"dot","filter":{"even":true})"))["path"] ==
          "filter scan");
    CHECK(service.refused(search_of(queries, R"("metric":"hamming")")).code == ErrorCode::invalid_argument);
}
