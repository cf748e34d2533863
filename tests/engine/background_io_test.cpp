// SPDX-License-Identifier: Apache-2.0
// What is written in the background is taken from a budget.
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "engine/collection/check.h"
#include "engine/collection/local_collection.h"
#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

constexpr uint32_t dimension = 16;
constexpr uint64_t plenty = uint64_t{1} << 50;

uint64_t bytes_of(const TemporaryDirectory& directory, const char* extension) {
    uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
        if (entry.path().extension() == extension) bytes += entry.file_size();
    return bytes;
}

class Scene {
  public:
    explicit Scene(Algorithm algorithm) {
        REQUIRE(LocalCollection::create(posix_disk(), directory.path(),
                                        schema_of(dimension, simd::Metric::cosine, algorithm)));
        CollectionOptions options;
        options.segment_bytes = 64 << 10;
        options.garbage_bytes_min = 64 << 10;
        options.background_io = &budget;
        points = LocalCollection::open(posix_disk(), "points", directory.path(), options).value();
    }

    // Until nothing waits to be indexed; rows are taken when none came for a while.
    void index() const {
        while (points->info().backlog.rows > 0) {
            points->index_some({});
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    void maintain() const {
        while (points->maintain_some({})) {
        }
    }

    TemporaryDirectory directory;
    IoBudget budget;
    std::shared_ptr<LocalCollection> points;
};

}  // namespace

TEST_CASE("files of the index are taken from the background's budget, but not those that are waited for") {
    Scene scene(Algorithm::hnsw);
    scene.budget.set_rate(plenty);
    REQUIRE(insert(*scene.points, random_vectors(3'000, dimension, 1)));
    scene.index();
    CHECK(bytes_of(scene.directory, ".hnsw") == 0);
    scene.maintain();
    const uint64_t written = bytes_of(scene.directory, ".hnsw");
    CHECK(written > 3'000 * dimension);
    CHECK(scene.budget.taken_bytes() == written);

    REQUIRE(insert(*scene.points, random_vectors(3'000, dimension, 2)));
    REQUIRE(scene.points->optimize({}));
    CHECK(bytes_of(scene.directory, ".hnsw") > written);
    CHECK(scene.budget.taken_bytes() == written);
}

TEST_CASE("what is reclaimed is taken from the background's budget, and waits while that is overdrawn") {
    Scene scene(Algorithm::flat);
    constexpr uint64_t rows = 8'000;
    for (uint32_t batch = 0; batch < 8; ++batch)
        REQUIRE(insert(*scene.points, random_vectors(rows / 8, dimension, batch)));
    std::vector<uint64_t> odd;
    for (uint64_t id = 1; id < rows; id += 2) odd.push_back(id);
    REQUIRE(scene.points->erase(odd, {}));
    scene.budget.set_rate(1);
    scene.budget.take(1'000'000);
    const uint64_t full = bytes_of(scene.directory, ".log");
    scene.maintain();
    CHECK(bytes_of(scene.directory, ".log") == full);

    scene.budget.set_rate(plenty);
    const uint64_t before = scene.budget.taken_bytes();
    scene.maintain();
    CHECK(bytes_of(scene.directory, ".log") < full * 3 / 4);
    const uint64_t moved = scene.budget.taken_bytes() - before;
    CHECK(moved > full / 8);
    CHECK(moved <= full);
    CHECK(scene.points->info().points == rows / 2);
}

TEST_CASE("who waits for an index that is written slowly makes it hurry") {
    Scene scene(Algorithm::hnsw);
    REQUIRE(insert(*scene.points, random_vectors(3'000, dimension, 1)));
    scene.index();
    scene.budget.set_rate(1);
    std::stop_source stop;
    std::thread slow([&] { scene.points->maintain_some(stop.get_token()); });
    while (!scene.budget.overdrawn()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(scene.points->check_source());
    // A write waits for nothing of it.
    CHECK(insert(*scene.points, random_vectors(1, dimension, 2)));
    stop.request_stop();
    slow.join();
    CHECK(bytes_of(scene.directory, ".hnsw") > 0);
    CHECK(scene.points->info().background_error.empty());
}
