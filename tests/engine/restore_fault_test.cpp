// SPDX-License-Identifier: Apache-2.0
// A disk that is full in the middle of a restore.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "engine/collection/snapshot.h"
#include "tests/engine/failing_disk.h"
#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;
namespace fs = std::filesystem;

namespace {

constexpr uint32_t dimension = 4;
constexpr uint64_t rows = 300;
constexpr int levels = 56;

// A store with a collection, a snapshot of it, and a point more in the collection.
class Scene {
  public:
    Scene() {
        StoreOptions options;
        options.directory = directory.path();
        options.background_indexing = false;
        options.disk = &disk;
        store = Store::open(options).value();
        const auto points = store->create("docs", schema_of(dimension)).value();
        REQUIRE(insert(*points, random_vectors(rows, dimension, 1)));
        REQUIRE(store->snapshot("docs", "one"));
        REQUIRE(insert(*points, random_vectors(1, dimension, 2)));
    }

    // The snapshot's files, as a client sends them.
    Result<void> upload() {
        VEXFS_ASSIGN(const std::string id, store->begin_restore({"again", false, {}}, 0));
        const std::string from = store->snapshot_path("docs", "one");
        std::vector<std::string> files = sealed_files(read_manifest(posix_disk(), from).value());
        files.emplace_back(manifest_name);
        for (const std::string& file : files) {
            const std::string content = posix_disk().read(from + "/" + file, 1 << 20).value();
            const auto written =
                store->uploads().write(id, file, 0, std::as_bytes(std::span<const char>(content)));
            if (written) continue;
            REQUIRE(store->uploads().abort(id));
            return tl::unexpected(written.error());
        }
        VEXFS_TRY(store->commit_restore(id, levels));
        return {};
    }
    Result<void> replace() {
        VEXFS_TRY(store->restore("docs", "one", {"docs", true, {}}));
        return {};
    }

    uint64_t points_of(const std::string& name) const { return store->find(name).value()->info().points; }
    std::vector<std::string> directories() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(directory / "collections"))
            names.push_back(entry.path().filename().string());
        return names;
    }

    TemporaryDirectory directory;
    FailingDisk disk;
    std::unique_ptr<Store> store;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a disk that is full at any moment of a restore from files leaves nothing of it") {
    uint64_t call = 1;
    for (bool failed = true; failed; ++call) {
        INFO("call " << call);
        Scene scene;
        scene.disk.fail_at(call);
        const auto restored = scene.upload();
        failed = scene.disk.failed();
        scene.disk.fail_at(0);
        CHECK(scene.points_of("docs") == rows + 1);
        if (!restored) {
            CHECK(restored.error().code == ErrorCode::no_space);
            CHECK(scene.directories() == Names{"docs"});
            CHECK(scene.store->names() == Names{"docs"});
            REQUIRE(scene.upload());
        }
        CHECK(scene.points_of("again") == rows);
        CHECK(insert(*scene.store->find("again").value(), random_vectors(1, dimension, 3)));
    }
    CHECK(call > 10);
}

TEST_CASE("a disk that is full at any moment of a restore in another's place leaves that as it was") {
    uint64_t call = 1;
    for (bool failed = true; failed; ++call) {
        INFO("call " << call);
        Scene scene;
        scene.disk.fail_at(call);
        const auto restored = scene.replace();
        failed = scene.disk.failed();
        scene.disk.fail_at(0);
        if (!restored) {
            CHECK(restored.error().code == ErrorCode::no_space);
            CHECK(scene.points_of("docs") == rows + 1);
            CHECK(scene.directories() == Names{"docs"});
            CHECK(insert(*scene.store->find("docs").value(), random_vectors(1, dimension, 3)));
            REQUIRE(scene.replace());
        }
        CHECK(scene.points_of("docs") == rows);
        CHECK(insert(*scene.store->find("docs").value(), random_vectors(1, dimension, 4)));
    }
    CHECK(call > 10);
}
