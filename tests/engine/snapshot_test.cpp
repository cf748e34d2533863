// SPDX-License-Identifier: Apache-2.0
// Snapshots of collections, and collections restored from them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;
namespace fs = std::filesystem;

namespace {

constexpr uint32_t dimension = 8;

// All points of a collection, in the order in which they were written.
std::vector<Point> points_of(const Collection& collection) {
    return collection.scroll(0, search_limit_max, nullptr, true).value().points;
}

bool operator==(const Point& a, const Point& b) {
    return a.id == b.id && a.vector == b.vector && a.metadata == b.metadata;
}

bool same(const std::vector<Point>& a, const std::vector<Point>& b) {
    return std::ranges::equal(a, b, [](const Point& x, const Point& y) { return x == y; });
}

// 500 points in several segments, some of them deleted, replaced or edited, and an index over most.
std::shared_ptr<Collection> make_points(Store& store) {
    const auto points = store.create("points", schema_of(dimension)).value();
    for (uint32_t batch = 0; batch < 5; ++batch) {
        const std::vector<std::string> metadata(100, R"({"batch":)" + std::to_string(batch) + "}");
        REQUIRE(insert(*points, random_vectors(100, dimension, batch), {}, metadata));
    }
    REQUIRE(points->erase(std::vector<uint64_t>{5, 100}));
    REQUIRE(insert(*points, random_vectors(1, dimension, 9), {17}, {R"({"new":true})"}, OnConflict::replace));
    REQUIRE(points->update_metadata(18, R"({"changed":1})", true));
    return points;
}

void change_everything(Collection& points) {
    REQUIRE(points.erase(std::vector<uint64_t>{1, 2, 3}));
    REQUIRE(points.update_metadata(20, R"({"later":1})", false));
    REQUIRE(insert(points, random_vectors(200, dimension, 77)));
    REQUIRE(points.optimize({}));
}

std::vector<std::string> names_in(const std::string& directory) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename());
    return names;
}

// The first sealed log of a snapshot.
std::string a_log_of(const std::string& directory) {
    std::vector<std::string> names = names_in(directory);
    std::ranges::sort(names);
    return directory + "/" + *std::ranges::find_if(names, [](auto& name) { return name.ends_with(".log"); });
}

}  // namespace

TEST_CASE("what is restored equals what was there at the snapshot, whatever came since") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), 16 << 10);
    const auto points = make_points(*store);
    REQUIRE(points->optimize({}));
    const auto before = points_of(*points);
    const SnapshotInfo taken = store->snapshot("points", "monday").value();
    CHECK(taken.points == before.size());
    change_everything(*points);

    const auto restored = store->restore("points", "monday", {"again", false, {}}).value();
    CHECK(same(points_of(*restored), before));
    CHECK(restored->info().indexed_points > 0);
    CHECK(restored->info().background_error.empty());
    const auto query = random_vectors(1, dimension, 3);
    CHECK(search(*restored, query, 10)->hits.size() == 10);

    // Each goes its own way from there.
    REQUIRE(insert(*restored, random_vectors(10, dimension, 4)));
    CHECK(points_of(*restored).size() == before.size() + 10);
    CHECK(points_of(*points).size() == before.size() + 200 - 3);
    REQUIRE(store->drop("points"));
    CHECK(same(points_of(*store->restore("points", "monday", {"points", false, {}}).value()), before));
}

TEST_CASE("snapshots and what was restored from them are there after a restart") {
    const TemporaryDirectory directory;
    std::vector<Point> before;
    {
        const auto store = open_store(directory.path(), 16 << 10);
        const auto points = make_points(*store);
        before = points_of(*points);
        REQUIRE(store->snapshot("points", "kept"));
        REQUIRE(store->restore("points", "kept", {"copy", false, {}}));
        change_everything(*points);
    }
    const auto store = open_store(directory.path(), 16 << 10);
    CHECK(store->quarantined().empty());
    CHECK(same(points_of(*store->find("copy").value()), before));
    CHECK(same(points_of(*store->restore("points", "kept", {"later", false, {}}).value()), before));
}

TEST_CASE("an empty collection has snapshots, too") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = store->create("points", schema_of(dimension)).value();
    CHECK(store->snapshot("points", "empty")->points == 0);
    REQUIRE(insert(*points, random_vectors(3, dimension, 1)));
    const auto restored = store->restore("points", "empty", {"again", false, {}}).value();
    CHECK(points_of(*restored).empty());
    CHECK(insert(*restored, random_vectors(1, dimension, 1))->ids == std::vector<uint64_t>{0});
}

TEST_CASE("a snapshot without changes since the last one takes no further segment") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = make_points(*store);
    REQUIRE(store->snapshot("points", "one"));
    const uint64_t segments = points->info().segments;
    REQUIRE(store->snapshot("points", "two"));
    CHECK(points->info().segments == segments);
}

TEST_CASE("snapshots are listed with what they hold, and what their deletion would free") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), 16 << 10);
    make_points(*store);
    REQUIRE(store->create("others", schema_of(3)));
    REQUIRE(store->snapshot("points", "a"));
    REQUIRE(store->snapshot("others", "b"));
    const auto all = store->snapshots("").value();
    REQUIRE(all.size() == 2);
    CHECK((all[0].collection == "others" && all[0].name == "b" && all[0].points == 0));
    CHECK((all[1].collection == "points" && all[1].name == "a" && all[1].points == 498));
    CHECK(all[1].created.size() == std::string("2026-11-24T16:40:05Z").size());
    CHECK(all[1].schema.dimension == dimension);
    CHECK(all[1].shared_bytes > 500 * dimension * sizeof(float));
    CHECK(all[1].own_bytes < 16 << 10);

    REQUIRE(store->drop("points"));
    const auto kept = store->snapshots("points").value();
    REQUIRE(kept.size() == 1);
    CHECK(kept[0].shared_bytes == 0);
    CHECK(kept[0].own_bytes > 500 * dimension * sizeof(float));
}

TEST_CASE("a snapshot without a name is named by the time, and each has a name of its own") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    make_points(*store);
    std::set<std::string> names;
    for (int i = 0; i < 3; ++i) {
        const SnapshotInfo info = store->snapshot("points", "").value();
        std::string time = info.created;
        std::ranges::replace(time, ':', '-');
        CHECK(info.name.starts_with(time));
        names.insert(info.name);
    }
    CHECK(names.size() == 3);
}

TEST_CASE("names of snapshots that are taken, absent or impossible are refused") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    make_points(*store);
    REQUIRE(store->snapshot("points", "one"));
    CHECK(store->snapshot("points", "one").error().code == ErrorCode::already_exists);
    for (const char* name : {"../one", "a/b", ".new-x", "..", "12:30"})
        CHECK(store->snapshot("points", name).error().code == ErrorCode::invalid_argument);
    CHECK(store->snapshot("absent", "one").error().code == ErrorCode::not_found);
    CHECK(store->find_snapshot("points", "two").error().code == ErrorCode::not_found);
    CHECK(store->delete_snapshot("points", "two").error().code == ErrorCode::not_found);
    CHECK(store->delete_snapshot("..", "collections").error().code == ErrorCode::invalid_argument);
    CHECK(store->restore("points", "two", {"x", false, {}}).error().code == ErrorCode::not_found);
    CHECK(store->restore("points", "one", {"points", false, {}}).error().code == ErrorCode::already_exists);
    CHECK(store->restore("points", "one", {"a/b", false, {}}).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a deleted snapshot is gone with its files, and restored collections stay") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), 16 << 10);
    const auto points = make_points(*store);
    const auto before = points_of(*points);
    REQUIRE(store->snapshot("points", "one"));
    const auto restored = store->restore("points", "one", {"again", false, {}}).value();
    REQUIRE(store->delete_snapshot("points", "one"));
    CHECK(store->snapshots("")->empty());
    CHECK(names_in(directory / "snapshots").empty());
    CHECK(same(points_of(*restored), before));
    CHECK(same(points_of(*points), before));
}

TEST_CASE("a restore in a collection's place takes it whole, and the old one is as if it was deleted") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), 16 << 10);
    auto points = make_points(*store);
    const auto before = points_of(*points);
    REQUIRE(store->snapshot("points", "one"));
    change_everything(*points);

    const auto restored = store->restore("points", "one", {"points", true, {}}).value();
    CHECK(same(points_of(*store->find("points").value()), before));
    CHECK(points->scroll(0, 1, nullptr, false).error().code == ErrorCode::not_found);
    CHECK(insert(*points, random_vectors(1, dimension, 1)).error().code == ErrorCode::not_found);
    CHECK(insert(*restored, random_vectors(1, dimension, 1)));
    points.reset();
    CHECK(names_in(directory / "collections") == std::vector<std::string>{"points"});
}

TEST_CASE("a restored collection has the owner that it is given, else the one it had") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    make_points(*store);
    REQUIRE(store->snapshot("points", "one"));
    const Access access{70'001, 70'002, 0600};
    CHECK(store->restore("points", "one", {"theirs", false, access}).value()->schema().access == access);
    CHECK(store->restore("points", "one", {"same", false, {}}).value()->schema() ==
          store->find("points").value()->schema());
}

TEST_CASE("a damaged snapshot is refused with file and offset, and nothing is left of the attempt") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), 16 << 10);
    const auto points = make_points(*store);
    REQUIRE(store->snapshot("points", "one"));
    REQUIRE(store->drop("points"));
    const std::string log = a_log_of(directory / "snapshots/points/one");
    std::fstream(log, std::ios::in | std::ios::out | std::ios::binary).seekp(5000) << "damage";
    for (const bool replace : {false, true}) {
        REQUIRE(store->create("place", schema_of(2)));
        const auto refused = store->restore("points", "one", {replace ? "place" : "free", replace, {}});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::corrupt);
        CHECK(refused.error().message.find(".log at offset 4096") != std::string::npos);
        CHECK(store->names() == std::vector<std::string>{"place"});
        CHECK(store->find("place").value()->schema().dimension == 2);
        REQUIRE(insert(*store->find("place").value(), {1, 2}));
        REQUIRE(store->drop("place"));
    }
    std::ofstream(directory / "snapshots/points/one/SNAPSHOT", std::ios::app) << "x";
    const auto listed = store->snapshots("points").value();
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].error->code == ErrorCode::corrupt);
    CHECK(store->delete_snapshot("points", "one"));
}

TEST_CASE("a quarantined collection is replaced by a snapshot of it") {
    const TemporaryDirectory directory;
    std::vector<Point> before;
    {
        const auto store = open_store(directory.path());
        before = points_of(*make_points(*store));
        REQUIRE(store->snapshot("points", "one"));
    }
    std::ofstream(directory / "collections/points/MANIFEST") << "not a manifest";
    const auto store = open_store(directory.path());
    REQUIRE(store->quarantined().size() == 1);
    REQUIRE(store->restore("points", "one", {"points", true, {}}));
    CHECK(store->quarantined().empty());
    CHECK(same(points_of(*store->find("points").value()), before));
    CHECK(names_in(directory / "collections") == std::vector<std::string>{"points"});
}

TEST_CASE("a start removes what a crash left of snapshots, and puts back what was to be replaced") {
    const TemporaryDirectory directory;
    {
        const auto store = open_store(directory.path());
        make_points(*store);
        REQUIRE(store->create("others", schema_of(2)));
        REQUIRE(store->snapshot("points", "one"));
    }
    fs::create_directories(directory / "snapshots/points/.new-two");
    fs::create_directories(directory / "snapshots/points/.removed-three");
    fs::create_directories(directory / "snapshots/empty/.new-one");
    fs::create_directories(directory / "collections/.new-1-restored");
    // Between the two renames of a replacement, and behind them.
    fs::rename(directory / "collections/points", directory / "collections/.replaced-points");
    fs::create_directories(directory / "collections/.replaced-others");
    const auto store = open_store(directory.path());
    CHECK(store->names() == std::vector<std::string>{"others", "points"});
    CHECK(store->find("points").value()->info().points == 498);
    CHECK(names_in(directory / "collections").size() == 2);
    CHECK(names_in(directory / "snapshots") == std::vector<std::string>{"points"});
    CHECK(names_in(directory / "snapshots/points") == std::vector<std::string>{"one"});
}
