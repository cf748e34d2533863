// SPDX-License-Identifier: Apache-2.0
// A disk that is full, or can't be read, in the middle of a repair.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/engine/failing_disk.h"
#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;
namespace fs = std::filesystem;

namespace {

constexpr uint32_t dimension = 4;
constexpr uint64_t batch_rows = 100, batches = 12;
constexpr uint64_t rows = batches * batch_rows, left_rows = rows - batch_rows;

// A store with a collection of twelve batches in several logs, one of which is damaged while it serves.
class Scene {
  public:
    Scene() {
        open();
        const auto points = store->create("docs", schema_of(dimension, simd::Metric::euclidean)).value();
        for (uint32_t batch = 0; batch < batches; ++batch)
            REQUIRE(insert(*points, random_vectors(batch_rows, dimension, batch)));
        std::fstream log(directory / "collections/docs/00000001.log",
                         std::ios::binary | std::ios::in | std::ios::out);
        log.seekp(format_body);
        log.put('!');
    }

    void open() {
        store.reset();
        StoreOptions options;
        options.directory = directory.path();
        options.background_indexing = false;
        options.segment_bytes = 16 << 10;
        options.disk = &disk;
        store = Store::open(options).value();
    }
    uint64_t points() const { return store->find("docs").value()->info().points; }
    size_t entries(const std::string& name) const {
        const std::string path = directory / name;
        return fs::exists(path) ? static_cast<size_t>(std::distance(fs::directory_iterator(path), {})) : 0;
    }

    TemporaryDirectory directory;
    FailingDisk disk;
    std::unique_ptr<Store> store;

  private:
    static constexpr int format_body = 4096 + 128 + 2'000;  // among the vectors of the first record
};

}  // namespace

TEST_CASE("a disk that is full at any moment of a repair loses nothing, and the next repair succeeds") {
    uint64_t call = 1, serving = 0;
    for (bool failed = true; failed; ++call) {
        INFO("call " << call);
        Scene scene;
        scene.disk.fail_at(call);
        const auto repaired = scene.store->repair("docs", {});
        failed = scene.disk.failed();
        scene.disk.fail_at(0);
        CHECK(repaired.has_value() == !failed);
        if (failed) {
            CHECK(repaired.error().code == ErrorCode::no_space);
            if (scene.store->find("docs")) {
                // As it was, and it takes writes again.
                ++serving;
                CHECK(scene.points() == rows);
                CHECK(scene.entries("damaged") == 0);
                CHECK(scene.entries("collections") == 1);
                const auto points = scene.store->find("docs").value();
                REQUIRE(insert(*points, random_vectors(1, dimension, 99), {5'000}));
                REQUIRE(points->erase(std::vector<uint64_t>{5'000}));
            } else {
                CHECK(scene.store->names().empty());
            }
            REQUIRE(scene.store->repair("docs", {}));
        }
        CHECK(scene.points() == left_rows);
        scene.open();
        CHECK(scene.points() == left_rows);
        CHECK(scene.store->check("docs", {}).value().clean());
        CHECK(scene.entries("damaged") == 2);
    }
    CHECK(call > 10);
    CHECK(serving > 5);
}

TEST_CASE("a repaired collection that can't be opened is set aside, and the old one takes no writes") {
    Scene scene;
    const auto old = scene.store->find("docs").value();
    bool in_place = false;
    scene.disk.fault = [&](std::string_view verb, const std::string& path) {
        if (verb == "rename" && path.find("/.repaired-") != std::string::npos) in_place = true;
        return in_place && verb == "read" && path.ends_with("/collections/docs/MANIFEST") ? EIO : 0;
    };
    const auto repaired = scene.store->repair("docs", {});
    REQUIRE_FALSE(repaired);
    CHECK(in_place);
    CHECK(scene.store->names().empty());
    REQUIRE(scene.store->quarantined().size() == 1);
    CHECK(scene.store->find("docs").error().code == ErrorCode::io_error);
    // Who has it goes on reading.
    CHECK(search(*old, random_vectors(1, dimension, 3), 10)->hits.size() == 10);
    CHECK(insert(*old, random_vectors(1, dimension, 4)).error().code == ErrorCode::busy);

    scene.disk.fault = nullptr;
    CHECK(scene.store->repair("docs", {})->done == Repair::opened);
    CHECK(scene.points() == left_rows);
    CHECK(insert(*scene.store->find("docs").value(), random_vectors(1, dimension, 5)));
}
