// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <thread>

#include "engine/collection/local_collection.h"
#include "tests/engine/failing_disk.h"
#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

constexpr uint32_t dimension = 16;
constexpr uint64_t segment_bytes = 64 << 10;

uint64_t log_bytes(const TemporaryDirectory& directory) {
    uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory / "collections/points"))
        if (entry.path().extension() == ".log") bytes += entry.file_size();
    return bytes;
}

std::map<uint64_t, std::pair<std::vector<float>, std::string>> content(const Collection& points) {
    std::map<uint64_t, std::pair<std::vector<float>, std::string>> all;
    const auto page = points.scroll(0, search_limit_max, nullptr, true).value();
    for (const Point& point : page.points) {
        CHECK(all.emplace(point.id, std::pair{point.vector, point.metadata}).second);
    }
    CHECK(all.size() == points.info().points);
    return all;
}

// Rewrites points again and again, so that most of what is on the disk is garbage.
void churn(Collection& points, uint32_t count, uint32_t rounds) {
    std::vector<uint64_t> ids(count);
    for (uint32_t i = 0; i < count; ++i) ids[i] = i;
    for (uint32_t round = 0; round < rounds; ++round) {
        const std::vector<std::string> metadata(count, R"({"round":)" + std::to_string(round) + "}");
        REQUIRE(insert(points, random_vectors(count, dimension, round), ids, metadata, OnConflict::replace));
    }
}

}  // namespace

TEST_CASE("what was replaced and deleted leaves the disk, and the rest stays, also after a restart") {
    const TemporaryDirectory directory;
    std::map<uint64_t, std::pair<std::vector<float>, std::string>> before;
    for (const Algorithm algorithm : {Algorithm::flat, Algorithm::hnsw}) {
        DYNAMIC_SECTION(name_of(algorithm)) {
            {
                const auto store = open_store(directory.path(), segment_bytes, false);
                const auto points =
                    store->create("points", schema_of(dimension, simd::Metric::cosine, algorithm)).value();
                churn(*points, 2'000, 10);
                std::vector<uint64_t> odd;
                for (uint64_t id = 1; id < 2'000; id += 2) odd.push_back(id);
                REQUIRE(points->erase(odd));
                REQUIRE(points->update_metadata(4, R"({"kept":true})", false));
                before = content(*points);
                const uint64_t full = log_bytes(directory);
                REQUIRE(points->optimize({}));
                // 1,000 rows of 64 bytes, id and metadata, and headers.
                CHECK(log_bytes(directory) < full / 10);
                CHECK(log_bytes(directory) < 250'000);
                CHECK(content(*points) == before);
                CHECK(points->info().dead_rows < 100);
            }
            const auto store = open_store(directory.path(), segment_bytes, false);
            const auto points = store->find("points").value();
            CHECK(content(*points) == before);
            CHECK(before.at(4).second == R"({"kept":true})");
            // Nothing of it had to be indexed again.
            CHECK(points->info().backlog.rows == 0);
            const auto query = random_vectors(1, dimension, 77);
            CHECK(ids_of(search(*points, query, 10, true).value()).size() == 10);
        }
    }
}

TEST_CASE("the background reclaims by itself when a fifth is garbage") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), segment_bytes, true);
    const auto points = store->create("points", schema_of(dimension)).value();
    churn(*points, 4'000, 12);
    const auto before = content(*points);
    const uint64_t payload = 4'000 * (8 + dimension * 4 + 4 + 12);
    // The limit, and a segment or two on the way.
    const uint64_t enough = payload + payload / 4 + 4 * segment_bytes;
    for (int waited = 0; waited < 600 && log_bytes(directory) > enough; ++waited)
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    CHECK(log_bytes(directory) <= enough);
    CHECK(content(*points) == before);
}

TEST_CASE("ids and imports go on where they were when their segments are gone") {
    const TemporaryDirectory directory;
    {
        const auto store = open_store(directory.path(), segment_bytes, false);
        const auto points = store->create("points", schema_of(dimension)).value();
        InsertRequest request;
        const auto vectors = random_vectors(3'000, dimension, 1);
        request.vectors = vectors;
        request.mark = ImportMark{42, 3'000};
        REQUIRE(points->insert(request));
        std::vector<uint64_t> ids;
        for (uint64_t id = 1; id < 3'000; ++id) ids.push_back(id);
        REQUIRE(points->erase(ids));
        REQUIRE(points->optimize({}));
        CHECK(log_bytes(directory) < 100'000);
    }
    const auto store = open_store(directory.path(), segment_bytes, false);
    const auto points = store->find("points").value();
    CHECK(points->info().points == 1);
    CHECK(points->imported_rows(42) == 3'000);
    CHECK(insert(*points, random_vectors(1, dimension, 2))->ids == std::vector<uint64_t>{3'000});
}

TEST_CASE("what reclaiming failed for is told until it succeeds") {
    const TemporaryDirectory directory;
    FailingDisk disk;
    REQUIRE(LocalCollection::create(disk, directory.path(),
                                    schema_of(dimension, simd::Metric::cosine, Algorithm::flat)));
    CollectionOptions options;
    options.segment_bytes = options.garbage_bytes_min = segment_bytes;
    const auto points = LocalCollection::open(disk, "points", directory.path(), options).value();
    churn(*points, 2'000, 4);
    disk.fail_at(1);
    CHECK_FALSE(points->maintain_some({}));
    CHECK(points->info().background_error.find("No space left on device") != std::string::npos);
    // It is tried again after a while, or when it is asked for.
    CHECK_FALSE(points->maintain_some({}));
    CHECK_FALSE(points->info().background_error.empty());
    REQUIRE(points->optimize({}));
    CHECK(points->info().background_error.empty());
}
