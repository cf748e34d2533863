// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/collection.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"
#include "tests/eventually.h"

using namespace vexfs;
using namespace vexfs::test;
using nlohmann::json;

TEST_CASE("points are found at once, with their metadata, nearest first") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = store->create("points", schema_of(2, simd::Metric::euclidean)).value();
    const auto reply =
        insert(*points, {0, 0, 3, 4, 1, 0}, {}, {R"({"name":"origin"})", "", R"({"name":"east"})"});
    REQUIRE(reply);
    CHECK(reply->ids == std::vector<uint64_t>{0, 1, 2});

    const SearchReply found = search(*points, {0, 0}, 10).value();
    REQUIRE(found.hits.size() == 3);
    CHECK(ids_of(found) == std::vector<uint64_t>{0, 2, 1});
    CHECK(found.hits[2].distance == Approx(5));
    CHECK(found.hits[0].metadata == R"({"name":"origin"})");
    CHECK(found.hits[2].metadata.empty());
    CHECK(search(*points, {0, 0}, 1)->hits.size() == 1);
}

TEST_CASE("each metric measures what it says") {
    const auto distance_under = [](simd::Metric metric) {
        const TemporaryDirectory directory;
        const auto store = open_store(directory.path());
        const auto points = store->create("points", schema_of(2, metric)).value();
        REQUIRE(insert(*points, {3, 4}));
        return search(*points, {2, 0}, 1)->hits.at(0).distance;
    };
    CHECK(distance_under(simd::Metric::cosine) == Approx(1 - 6 / (2. * 5)));
    CHECK(distance_under(simd::Metric::euclidean) == Approx(std::sqrt(1. + 16)));
    CHECK(distance_under(simd::Metric::dot) == Approx(-6));
    CHECK(distance_under(simd::Metric::manhattan) == Approx(5));
}

TEST_CASE("a zero vector is at cosine distance 1 of everything") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = store->create("points", schema_of(2)).value();
    REQUIRE(insert(*points, {0, 0, 1, 1}));
    REQUIRE(points->optimize({}));
    const SearchReply found = search(*points, {1, 1}, 2).value();
    CHECK(ids_of(found) == std::vector<uint64_t>{1, 0});
    CHECK(found.hits[1].distance == Approx(1));
    CHECK(search(*points, {0, 0}, 2)->hits.at(0).distance == Approx(1));
}

TEST_CASE("what is wrong with an insert is said, and nothing of it is kept") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = store->create("points", schema_of(2)).value();
    REQUIRE(insert(*points, {1, 2}, {7}));
    const auto refused = [&](ErrorCode code, const std::string& message, const std::vector<float>& vectors,
                             const std::vector<uint64_t>& ids = {},
                             const std::vector<std::string>& metadata = {}) {
        const auto outcome = insert(*points, vectors, ids, metadata);
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().code == code);
        CHECK(outcome.error().message == message);
        CHECK(points->info().points == 1);
    };
    refused(ErrorCode::invalid_argument, "an insert needs at least one vector", {});
    refused(ErrorCode::dimension_mismatch, "3 values are not rows of 2, the dimension of collection points",
            {1, 2, 3});
    refused(ErrorCode::not_finite, "vector 1 holds NaN at component 0", {1, 2, std::nanf(""), 4});
    refused(ErrorCode::not_finite, "vector 0 holds infinity at component 1",
            {1, -std::numeric_limits<float>::infinity()});
    refused(ErrorCode::invalid_argument, "2 ids were given for 1 vectors", {1, 2}, {1, 2});
    refused(ErrorCode::invalid_argument, "id 5 stands twice in one insert", {1, 2, 3, 4}, {5, 5});
    refused(ErrorCode::already_exists, "collection points has a point with id 7 already", {1, 2, 3, 4},
            {6, 7});
    refused(ErrorCode::malformed, "the metadata of row 0 are not a JSON object", {1, 2}, {}, {"[1]"});
    refused(ErrorCode::malformed, "the metadata of row 0 are not a JSON object", {1, 2}, {}, {"{\"a\":}"});
    CHECK(insert(*points, {1, 2})->ids == std::vector<uint64_t>{8});
}

TEST_CASE("an upsert takes the old point's place") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = store->create("points", schema_of(2, simd::Metric::euclidean)).value();
    REQUIRE(insert(*points, {0, 0, 9, 9}, {1, 2}));
    const auto reply = insert(*points, {5, 5}, {1}, {R"({"v":2})"}, OnConflict::replace);
    REQUIRE(reply);
    CHECK(reply->replaced == 1);
    CHECK(points->info().points == 2);
    CHECK(points->info().dead_rows == 1);
    const SearchReply found = search(*points, {0, 0}, 10).value();
    CHECK(ids_of(found) == std::vector<uint64_t>{1, 2});
    CHECK(found.hits[0].metadata == R"({"v":2})");
}

TEST_CASE("deleted points are not found, and their neighbours still are") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = store->create("points", schema_of(8)).value();
    REQUIRE(insert(*points, random_vectors(500, 8, 1)));
    REQUIRE(points->optimize({}));
    std::vector<uint64_t> gone;
    for (uint64_t id = 0; id < 500; ++id) {
        if (id % 50 != 0) gone.push_back(id);
    }
    gone.push_back(4711);
    CHECK(points->erase(gone).value() == 490);
    CHECK(points->erase(gone).value() == 0);
    const auto found = ids_of(search(*points, random_vectors(1, 8, 2), 20).value());
    CHECK(found.size() == 10);
    for (const uint64_t id : found) CHECK(id % 50 == 0);
}

TEST_CASE("metadata are merged or replaced") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = store->create("points", schema_of(1)).value();
    REQUIRE(insert(*points, {1}, {3}, {R"({"a":1,"b":2})"}));
    const auto metadata = [&] {
        return json::parse(points->get(std::vector<uint64_t>{3}, false)->at(0).metadata);
    };
    REQUIRE(points->update_metadata(3, R"({"b":null,"c":3})", true));
    CHECK(metadata() == json{{"a", 1}, {"c", 3}});
    REQUIRE(points->update_metadata(3, R"({"d":4})", false));
    CHECK(metadata() == json{{"d", 4}});
    CHECK(points->update_metadata(4, "{}", true).error().code == ErrorCode::not_found);
}

TEST_CASE("a filtered search finds every match there is") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = store->create("points", schema_of(4)).value();
    std::vector<std::string> metadata;
    for (int i = 0; i < 200; ++i) metadata.push_back(json{{"i", i}}.dump());
    REQUIRE(insert(*points, random_vectors(200, 4, 1), {}, metadata));
    const Filter filter = Filter::parse({{"i", {{"$gte", 195}}}}).value();
    const auto query = random_vectors(1, 4, 2);
    SearchRequest request;
    request.query = query;
    request.filter = &filter;
    CHECK(points->search(request)->hits.size() == 5);
}

TEST_CASE("filters of every selectivity find the nearest that match, by the graph or by a scan of them") {
    constexpr size_t rows = 20'000, dimension = 16;
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = store->create("points", schema_of(dimension)).value();
    std::vector<std::string> metadata;
    for (size_t i = 0; i < rows; ++i) metadata.push_back(json{{"n", i * 7919 % rows}}.dump());
    REQUIRE(insert(*points, random_vectors(rows, dimension, 1), {}, metadata));
    REQUIRE(points->optimize({}));
    REQUIRE(insert(*points, random_vectors(50, dimension, 2), {},
                   std::vector<std::string>(50, json{{"n", 0}}.dump())));
    const auto below = GENERATE(as<size_t>(), 5, 200, 2'000, 10'000, 19'000);
    const Filter filter = Filter::parse({{"n", {{"$lt", below}}}}).value();
    size_t common = 0, wanted = 0, by_graph = 0;
    for (uint32_t seed = 10; seed < 110; ++seed) {
        const auto query = random_vectors(1, dimension, seed);
        SearchRequest request;
        request.query = query;
        request.filter = &filter;
        const auto found = points->search(request).value();
        request.exact = true;
        const auto exact = points->search(request).value();
        CHECK(exact.path == "filter scan");
        CHECK(found.plan.matches == below + 50);
        REQUIRE(found.hits.size() == exact.hits.size());
        by_graph += found.path == "filter graph+scan" ? 1 : 0;
        wanted += exact.hits.size();
        for (const Hit& hit : found.hits) {
            CHECK(json::parse(hit.metadata).at("n").get<size_t>() < below);
            for (const Hit& one : exact.hits) common += one.id == hit.id ? 1 : 0;
        }
    }
    CHECK(common >= wanted * 93 / 100);
    if (below == 19'000) CHECK(by_graph > 0);
    if (below == 5) CHECK(by_graph == 0);
}

TEST_CASE("the recall of live searches is observed") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = store->create("points", schema_of(16)).value();
    REQUIRE(insert(*points, random_vectors(5'000, 16, 1)));
    REQUIRE(points->optimize({}));
    CHECK(points->info().observed_queries == 0);
    const uint64_t before = points->stats().searches;
    uint64_t asked = 0;
    REQUIRE(eventually([&] {
        REQUIRE(search(*points, random_vectors(1, 16, static_cast<uint32_t>(++asked)), 10));
        return points->info().observed_queries >= 3;
    }));
    CHECK(points->info().observed_recall.value() > 0.8);
    CHECK(points->info().observed_recall.value() <= 1);
    // Those by which others are judged are nobody's.
    CHECK(points->stats().searches == before + asked);
    // What was observed says nothing of other searches.
    const uint64_t observed = points->info().observed_queries;
    REQUIRE(points->configure({{"target_recall", 0.99}}));
    CHECK_FALSE(points->info().observed_recall);
    CHECK(points->info().observed_queries >= observed);
    REQUIRE(eventually([&] {
        REQUIRE(search(*points, random_vectors(1, 16, static_cast<uint32_t>(++asked)), 10));
        return points->info().observed_recall.has_value();
    }));
}

TEST_CASE("a filter goes by the metadata of now") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = store->create("points", schema_of(4)).value();
    REQUIRE(insert(*points, random_vectors(3, 4, 1), {1, 2, 3}, {R"({"a":1})", R"({"a":1})", R"({"a":2})"}));
    const Filter filter = Filter::parse({{"a", 1}}).value();
    const auto ids = [&] {
        const auto query = random_vectors(1, 4, 2);
        SearchRequest request;
        request.query = query;
        request.filter = &filter;
        std::set<uint64_t> found;
        const auto reply = points->search(request).value();
        for (const Hit& hit : reply.hits) found.insert(hit.id);
        const auto page = points->scroll(0, 10, &filter, false).value();
        std::set<uint64_t> scrolled;
        for (const Point& point : page.points) scrolled.insert(point.id);
        CHECK(scrolled == found);
        return found;
    };
    CHECK(ids() == std::set<uint64_t>{1, 2});
    REQUIRE(points->update_metadata(3, R"({"a":1})", true));
    REQUIRE(points->update_metadata(1, R"({"a":null})", true));
    CHECK(ids() == std::set<uint64_t>{2, 3});
    REQUIRE(points->erase(std::vector<uint64_t>{2}, {}));
    CHECK(ids() == std::set<uint64_t>{3});
    REQUIRE(insert(*points, random_vectors(1, 4, 3), {4}, {R"({"a":[0,1]})"}));
    CHECK(ids() == std::set<uint64_t>{3, 4});
}

TEST_CASE("the graph answers as the scan does") {
    const auto metric =
        GENERATE(simd::Metric::cosine, simd::Metric::euclidean, simd::Metric::dot, simd::Metric::manhattan);
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    Schema schema = schema_of(16, metric);
    schema.hnsw.ef_search = 400;  // dot products of random vectors are hard for a graph
    const auto points = store->create("points", schema).value();
    REQUIRE(insert(*points, random_vectors(3000, 16, 1)));
    REQUIRE(points->optimize({}));
    CHECK(points->info().backlog.rows == 0);
    CHECK(points->info().indexed_points == 3000);
    size_t common = 0;
    for (uint32_t seed = 10; seed < 60; ++seed) {
        const auto query = random_vectors(1, 16, seed);
        const auto graph = search(*points, query, 10).value();
        const auto exact = search(*points, query, 10, true).value();
        CHECK(graph.path == "graph");
        CHECK(exact.path == "scan");
        for (const uint64_t id : ids_of(graph)) {
            for (const Hit& hit : exact.hits) common += hit.id == id ? 1 : 0;
        }
    }
    CHECK(common >= 480);
}

TEST_CASE("scroll visits every point once, in the order they were written") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = store->create("points", schema_of(2)).value();
    REQUIRE(insert(*points, random_vectors(25, 2, 1)));
    REQUIRE(points->erase(std::vector<uint64_t>{3, 4}));
    std::vector<uint64_t> ids;
    for (std::optional<uint64_t> cursor = 0; cursor;) {
        const auto page = points->scroll(*cursor, 7, nullptr, true).value();
        for (const Point& point : page.points) ids.push_back(point.id);
        cursor = page.cursor;
    }
    CHECK(ids.size() == 23);
    CHECK(std::ranges::is_sorted(ids));
}

TEST_CASE("rows that no index has yet are found, and only those that live") {
    const auto metric = GENERATE(simd::Metric::cosine, simd::Metric::euclidean, simd::Metric::dot);
    constexpr uint32_t dimension = 64, limit = 10;
    constexpr size_t rows = 5'000, queries = 100;
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), uint64_t{256} << 20, false);
    const auto points = store->create("points", schema_of(dimension, metric)).value();
    REQUIRE(insert(*points, random_vectors(rows, dimension, 1)));
    std::vector<uint64_t> dead;
    for (uint64_t id = 1; id < rows; id += 3) dead.push_back(id);
    REQUIRE(points->erase(dead));
    const auto asked = random_vectors(queries, dimension, 2);
    size_t found = 0, compared = 0;
    for (size_t i = 0; i < queries; ++i) {
        const std::vector<float> query(asked.begin() + static_cast<ptrdiff_t>(i * dimension),
                                       asked.begin() + static_cast<ptrdiff_t>((i + 1) * dimension));
        const auto reply = search(*points, query, limit), exact = search(*points, query, limit, true);
        REQUIRE(reply->path == "scan");
        REQUIRE(reply->hits.size() == limit);
        const auto ids = ids_of(*reply);
        for (const uint64_t id : ids_of(*exact)) found += static_cast<size_t>(std::ranges::count(ids, id));
        for (const uint64_t id : ids) CHECK(id % 3 != 1);
        compared += reply->distances;
        CHECK(exact->distances > reply->distances);
    }
    CHECK(static_cast<double>(found) >= 0.99 * queries * limit);
    CHECK(compared < rows * queries / 2);
}

TEST_CASE("a query's faults are said") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = store->create("points", schema_of(2)).value();
    CHECK(search(*points, {1}, 10).error().code == ErrorCode::dimension_mismatch);
    CHECK(search(*points, {1, std::nanf("")}, 10).error().message == "the query holds NaN at component 1");
    CHECK(search(*points, {1, 2}, 0).error().code == ErrorCode::invalid_argument);
    CHECK(search(*points, {1, 2}, 10)->hits.empty());
}

TEST_CASE("some parameters change while it serves, others are refused") {
    const TemporaryDirectory directory;
    {
        const auto store = open_store(directory.path());
        const auto points = store->create("points", schema_of(2)).value();
        REQUIRE(points->configure({{"ef_search", 300}, {"durability", "async"}, {"mode", 0640}}));
        CHECK(points->configure({{"m", 8}}).error().code == ErrorCode::unsupported);
        CHECK(points->configure({{"ef_search", 400}, {"colour", 1}}).error().code ==
              ErrorCode::invalid_argument);
        CHECK(points->schema().hnsw.ef_search == 300);
    }
    const auto store = open_store(directory.path());
    const auto schema = store->find("points").value()->schema();
    CHECK(schema.hnsw.ef_search == 300);
    CHECK(schema.durability == Durability::async);
    CHECK(schema.access.mode == 0640);
}
