// SPDX-License-Identifier: Apache-2.0
// Views of a collection's points, lists of them, and collections that another takes the place of.
#include <catch2/catch.hpp>
#include <numeric>
#include <random>

#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

constexpr uint32_t dimension = 4;
constexpr uint64_t small_segment_bytes = 16u << 10;

template <class T>
std::vector<T> all_of(const PointView& view) {
    std::vector<T> values(view.bytes() / sizeof(T));
    view.read(0, std::as_writable_bytes(std::span(values)));
    return values;
}

std::string text_of(const PointView& view) {
    const std::vector<char> chars = all_of<char>(view);
    return {chars.begin(), chars.end()};
}

// As a scroll tells them.
struct Expected {
    std::vector<float> vectors;
    std::vector<uint64_t> ids;
    std::string metadata;
};
Expected expected_of(const Collection& collection) {
    Expected expected;
    const Collection::Page page = collection.scroll(0, search_limit_max, nullptr, true).value();
    for (const Point& point : page.points) {
        expected.vectors.insert(expected.vectors.end(), point.vector.begin(), point.vector.end());
        expected.ids.push_back(point.id);
        expected.metadata += point.metadata + '\n';
    }
    return expected;
}

void check_views(const Collection& collection) {
    const Expected expected = expected_of(collection);
    CHECK(all_of<float>(collection.view(ViewOf::vectors)) == expected.vectors);
    CHECK(all_of<uint64_t>(collection.view(ViewOf::ids)) == expected.ids);
    CHECK(text_of(collection.view(ViewOf::metadata)) == expected.metadata);
    const PointsState state = collection.points_state();
    CHECK(state.points == expected.ids.size());
    CHECK(state.metadata_bytes + state.points == expected.metadata.size());
}

// Points in several segments, some of them deleted, replaced or edited.
std::shared_ptr<Collection> make_points(Store& store) {
    const auto points = store.create("points", schema_of(dimension)).value();
    for (uint32_t batch = 0; batch < 5; ++batch) {
        const std::vector<std::string> metadata(200, R"({"batch":)" + std::to_string(batch) + "}");
        REQUIRE(insert(*points, random_vectors(200, dimension, batch), {}, metadata));
    }
    REQUIRE(points->erase(std::vector<uint64_t>{0, 5, 100, 999}));
    REQUIRE(insert(*points, random_vectors(1, dimension, 9), {17}, {}, OnConflict::replace));
    REQUIRE(points->update_metadata(18, R"({"changed":1})", true));
    return points;
}

}  // namespace

TEST_CASE("a view shows what a scroll tells") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), small_segment_bytes, false);
    const auto points = make_points(*store);
    check_views(*points);
}

TEST_CASE("a view of an empty collection is empty") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), small_segment_bytes, false);
    const auto points = store->create("points", schema_of(dimension)).value();
    check_views(*points);
    CHECK(points->view(ViewOf::vectors).bytes() == 0);
}

TEST_CASE("a view is read from anywhere in any pieces") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), small_segment_bytes, false);
    const auto points = make_points(*store);
    for (const ViewOf what : {ViewOf::vectors, ViewOf::ids, ViewOf::metadata}) {
        const PointView view = points->view(what);
        const std::vector<char> whole = all_of<char>(view);
        std::mt19937 random(1);
        for (int i = 0; i < 500; ++i) {
            const uint64_t offset = random() % (whole.size() + 1);
            std::vector<char> piece(random() % (whole.size() - offset + 1));
            view.read(offset, std::as_writable_bytes(std::span(piece)));
            CHECK(std::equal(piece.begin(), piece.end(), whole.begin() + static_cast<ptrdiff_t>(offset)));
        }
    }
}

TEST_CASE("vectors are their pieces, where those aren't too many") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), small_segment_bytes, false);
    const auto points = make_points(*store);
    const PointView view = points->view(ViewOf::vectors);
    const auto pieces = view.pieces(100);
    CHECK(pieces.size() > 1);
    std::vector<std::byte> joined;
    for (const auto& piece : pieces) joined.insert(joined.end(), piece.begin(), piece.end());
    CHECK(joined == all_of<std::byte>(view));
    CHECK(view.pieces(pieces.size()).size() == pieces.size());
    CHECK(view.pieces(pieces.size() - 1).empty());
    CHECK(points->view(ViewOf::ids).pieces(100).empty());
    CHECK(points->view(ViewOf::metadata).pieces(100).empty());
}

TEST_CASE("a view stays what it was while points are written, deleted and reclaimed") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), small_segment_bytes, false);
    const auto points = make_points(*store);
    const Expected expected = expected_of(*points);
    const PointView vectors = points->view(ViewOf::vectors);
    const PointView ids = points->view(ViewOf::ids);
    const PointView metadata = points->view(ViewOf::metadata);

    // Their ids count up from 1000 on.
    REQUIRE(insert(*points, random_vectors(3000, dimension, 5)));
    std::vector<uint64_t> most(900 + 2900);
    std::iota(most.begin(), most.begin() + 900, 1);
    std::iota(most.begin() + 900, most.end(), 1000);
    REQUIRE(points->erase(most));
    REQUIRE(points->update_metadata(950, R"({"later":1})", false));
    const uint64_t before = points->stats().log_bytes;
    REQUIRE(points->optimize({}));
    CHECK(points->stats().log_bytes < before);

    CHECK(all_of<float>(vectors) == expected.vectors);
    CHECK(all_of<uint64_t>(ids) == expected.ids);
    CHECK(text_of(metadata) == expected.metadata);
    check_views(*points);
}

TEST_CASE("rows that were written together lie together in a view") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), uint64_t{256} << 20, false);
    const auto points = store->create("points", schema_of(dimension)).value();
    REQUIRE(insert(*points, random_vectors(10'000, dimension, 1)));
    CHECK(points->view(ViewOf::vectors).memory_bytes() < 1000);
}

TEST_CASE("each write is another state of the points") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), small_segment_bytes, false);
    const auto points = store->create("points", schema_of(dimension)).value();
    const auto version = [&] { return points->points_state().version; };
    const uint64_t first = version();
    CHECK(version() == first);
    REQUIRE(insert(*points, random_vectors(1, dimension, 1)));
    const uint64_t second = version();
    CHECK(second > first);
    REQUIRE(points->update_metadata(0, R"({"n":1})", false));
    CHECK(version() > second);
}

TEST_CASE("ids are listed in the order of a scroll, from any of its places on") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path(), small_segment_bytes, false);
    const auto points = make_points(*store);
    std::vector<uint64_t> listed;
    uint64_t cursor = 0;
    for (auto some = points->list_ids(cursor, 7); !some.empty(); some = points->list_ids(cursor, 7)) {
        for (const Collection::Listed& each : some) listed.push_back(each.id);
        cursor = some.back().cursor;
    }
    CHECK(listed == expected_of(*points).ids);
}

TEST_CASE("an empty collection is made anew with another dimension") {
    const TemporaryDirectory directory;
    {
        const auto store = open_store(directory.path());
        const auto old = store->create("points", schema_of(dimension)).value();
        REQUIRE(insert(*old, random_vectors(3, dimension, 1)));
        CHECK(store->remake("points", schema_of(7)).error().code == ErrorCode::invalid_argument);
        REQUIRE(insert(*old, random_vectors(1, dimension, 2)));
        REQUIRE(old->erase(std::vector<uint64_t>{0, 1, 2, 3}));

        const auto made = store->remake("points", schema_of(7)).value();
        CHECK(made->schema().dimension == 7);
        CHECK(insert(*old, random_vectors(1, dimension, 1)).error().code == ErrorCode::not_found);
        REQUIRE(insert(*made, random_vectors(2, 7, 1)));
        CHECK(store->remake("nothing", schema_of(7)).error().code == ErrorCode::not_found);
    }
    const auto store = open_store(directory.path());
    CHECK(store->find("points").value()->info().points == 2);
}

TEST_CASE("a collection that is to be dropped if it is empty is dropped only then") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    const auto points = store->create("points", schema_of(dimension)).value();
    REQUIRE(insert(*points, random_vectors(1, dimension, 1)));
    CHECK(store->drop_empty("points").error().code == ErrorCode::invalid_argument);
    REQUIRE(insert(*points, random_vectors(1, dimension, 1)));
    REQUIRE(points->erase(std::vector<uint64_t>{0, 1}));
    REQUIRE(store->drop_empty("points"));
    CHECK(store->drop_empty("points").error().code == ErrorCode::not_found);
}
