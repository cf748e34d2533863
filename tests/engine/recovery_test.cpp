// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"
#include "tests/eventually.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("everything is there after a restart, across sealed segments") {
    const TemporaryDirectory directory;
    const auto query = random_vectors(1, 8, 99);
    std::vector<uint64_t> before;
    uint64_t segments = 0;
    {
        const auto store = open_store(directory.path(), 64 << 10);
        const auto points = store->create("points", schema_of(8)).value();
        for (uint32_t batch = 0; batch < 40; ++batch) {
            const std::vector<std::string> metadata(100, R"({"batch":)" + std::to_string(batch) + "}");
            REQUIRE(insert(*points, random_vectors(100, 8, batch), {}, metadata));
        }
        REQUIRE(points->erase(std::vector<uint64_t>{5, 1000, 3999}));
        REQUIRE(insert(*points, random_vectors(1, 8, 500), {17}, {R"({"new":true})"}, OnConflict::replace));
        REQUIRE(points->update_metadata(18, R"({"changed":1})", true));
        before = ids_of(search(*points, query, 50, true).value());
        segments = points->info().segments;
    }
    CHECK(segments > 2);
    const auto store = open_store(directory.path(), 64 << 10);
    CHECK(store->quarantined().empty());
    const auto points = store->find("points").value();
    CHECK(points->info().points == 3997);
    CHECK(points->info().segments == segments);
    CHECK(ids_of(search(*points, query, 50, true).value()) == before);
    const auto read = points->get(std::vector<uint64_t>{17, 18, 1000}, false).value();
    REQUIRE(read.size() == 2);
    CHECK(read[0].metadata == R"({"new":true})");
    CHECK(read[1].metadata == R"({"batch":0,"changed":1})");
    CHECK(insert(*points, random_vectors(1, 8, 7))->ids == std::vector<uint64_t>{4000});
}

TEST_CASE("the index is there after a restart, and built again where its file is damaged") {
    const TemporaryDirectory directory;
    {
        const auto store = open_store(directory.path());
        const auto points = store->create("points", schema_of(8)).value();
        REQUIRE(insert(*points, random_vectors(2000, 8, 1)));
        REQUIRE(points->optimize({}));
    }
    StoreOptions options;
    options.directory = directory.path();
    options.background_indexing = false;
    {
        const auto store = Store::open(options).value();
        CHECK(store->find("points").value()->info().indexed_points == 2000);
    }

    for (const auto& entry : std::filesystem::directory_iterator(directory / "collections/points")) {
        if (entry.path().extension() == ".hnsw")
            std::filesystem::resize_file(entry.path(), entry.file_size() / 2);
    }
    const auto store = Store::open(options).value();
    const auto points = store->find("points").value();
    CHECK(points->info().indexed_points == 0);
    CHECK(points->info().background_error.find("built again") != std::string::npos);
    CHECK(search(*points, random_vectors(1, 8, 2), 10)->hits.size() == 10);
    REQUIRE(points->optimize({}));
    CHECK(points->info().indexed_points == 2000);
}

TEST_CASE("a process that dies loses nothing that it acknowledged") {
    const TemporaryDirectory directory;
    int acknowledged[2];
    REQUIRE(pipe(acknowledged) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto store = open_store(directory.path());
        const auto points = store->create("points", schema_of(4)).value();
        for (uint64_t id = 0; id < 300; ++id) {
            if (!insert(*points, random_vectors(1, 4, static_cast<uint32_t>(id)), {id})) _exit(1);
            if (write(acknowledged[1], &id, sizeof id) != sizeof id) _exit(1);
        }
        _exit(0);  // without a destructor: as if killed
    }
    close(acknowledged[1]);
    std::vector<uint64_t> ids;
    for (uint64_t id = 0; read(acknowledged[0], &id, sizeof id) == sizeof id;) ids.push_back(id);
    close(acknowledged[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
    REQUIRE(ids.size() == 300);
    const auto store = open_store(directory.path());
    const auto points = store->find("points").value();
    CHECK(points->get(ids, false)->size() == 300);
    CHECK(points->info().points == 300);
}

TEST_CASE("an import goes on where it stopped, each row once") {
    const TemporaryDirectory directory;
    const auto vectors = random_vectors(10, 2, 1);
    const auto batch = [&](Collection& points, uint64_t rows_done) {
        InsertRequest request;
        request.vectors = vectors;
        request.mark = ImportMark{42, rows_done};
        return points.insert(request);
    };
    {
        const auto store = open_store(directory.path());
        const auto points = store->create("points", schema_of(2)).value();
        CHECK(points->imported_rows(42) == 0);
        REQUIRE(batch(*points, 10));
        REQUIRE(batch(*points, 20));
        CHECK(batch(*points, 20).error().message ==
              "this import stands at row 20, the insert is for rows 10 to 20");
        CHECK_FALSE(batch(*points, 40));
    }
    const auto store = open_store(directory.path());
    const auto points = store->find("points").value();
    CHECK(points->imported_rows(42) == 20);
    CHECK(points->imported_rows(43) == 0);
    REQUIRE(batch(*points, 30));
    CHECK(points->info().points == 30);
}

TEST_CASE("a damaged collection is set aside while the others serve") {
    const TemporaryDirectory directory;
    {
        const auto store = open_store(directory.path());
        REQUIRE(insert(*store->create("good", schema_of(2)).value(), {1, 2}));
        REQUIRE(insert(*store->create("bad", schema_of(2)).value(), {1, 2}));
    }
    std::ofstream(directory / "collections/bad/MANIFEST") << "nonsense";
    const auto store = open_store(directory.path());
    CHECK(store->names() == std::vector<std::string>{"good"});
    REQUIRE(store->quarantined().size() == 1);
    CHECK(store->quarantined()[0].name == "bad");
    CHECK(store->find("bad").error().code == ErrorCode::corrupt);
    CHECK(store->create("bad", schema_of(2)).error().code == ErrorCode::already_exists);
    CHECK(insert(*store->find("good").value(), {3, 4}));
}

TEST_CASE("a data directory has one user at a time") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    StoreOptions options;
    options.directory = directory.path();
    const auto second = Store::open(options);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::busy);
    CHECK(second.error().message.find("in use by process " + std::to_string(getpid())) != std::string::npos);
}

TEST_CASE("a dropped collection is gone, and its name is free again") {
    const TemporaryDirectory directory;
    const auto store = open_store(directory.path());
    auto old = store->create("points", schema_of(2)).value();
    REQUIRE(insert(*old, {1, 2}));
    CHECK(store->create("points", schema_of(2)).error().code == ErrorCode::already_exists);
    REQUIRE(store->drop("points"));
    CHECK(store->find("points").error().code == ErrorCode::not_found);
    CHECK(store->drop("points").error().code == ErrorCode::not_found);
    CHECK(insert(*old, {1, 2}).error().code == ErrorCode::not_found);
    const auto fresh = store->create("points", schema_of(3)).value();
    old.reset();
    CHECK(insert(*fresh, {1, 2, 3}));
    // Its files go when nobody works on it any more.
    CHECK(eventually([&] {
        return std::distance(std::filesystem::directory_iterator(directory / "collections"), {}) == 1;
    }));
}
