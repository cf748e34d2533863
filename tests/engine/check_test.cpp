// SPDX-License-Identifier: Apache-2.0
// What a check finds, and what a repair makes of it.
#include <fmt/format.h>
#include <xxhash.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "engine/collection/repair.h"
#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;
namespace fs = std::filesystem;

namespace {

constexpr uint32_t dimension = 4;
constexpr size_t batch_rows = 100;
constexpr size_t batches = 12;
constexpr uint64_t record_bytes = 128 + 832 + 1600 + 448;  // of a batch without metadata

StoreOptions options_of(const std::string& directory) {
    StoreOptions options;
    options.directory = directory;
    options.background_indexing = false;
    options.segment_bytes = 16 << 10;
    return options;
}

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// A store with a collection of twelve batches in three logs, indexed, and another.
class Damaged {
  public:
    Damaged() {
        auto store = Store::open(options_of(directory_.path())).value();
        const auto points = store->create("docs", schema_of(dimension, simd::Metric::euclidean)).value();
        for (uint32_t batch = 0; batch < batches; ++batch)
            REQUIRE(insert(*points, random_vectors(batch_rows, dimension, batch)));
        REQUIRE(points->optimize({}));
        REQUIRE(insert(*store->create("other", schema_of(2)).value(), {1, 2}));
    }

    std::string path(const std::string& file) const { return directory_ / ("collections/docs/" + file); }
    void flip(const std::string& file, uint64_t at) const {
        std::string bytes = contents(path(file));
        bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
        write_file(path(file), bytes);
    }
    std::string index_file() const {
        for (const auto& entry : fs::directory_iterator(path("")))
            if (entry.path().extension() == ".hnsw") return entry.path().filename().string();
        FAIL("there is no index");
        return {};
    }

    Store& open() {
        close();
        store_ = Store::open(options_of(directory_.path())).value();
        return *store_;
    }
    void close() { store_.reset(); }
    const std::string& directory() const { return directory_.path(); }
    bool serves() const { return store_->find("docs").has_value(); }
    uint64_t points() const { return store_->find("docs").value()->info().points; }
    std::vector<std::string> kept() const {
        std::vector<std::string> names;
        if (!fs::exists(directory_ / "damaged")) return names;
        for (const auto& entry : fs::directory_iterator(directory_ / "damaged"))
            names.push_back(entry.path().filename().string());
        return names;
    }

  private:
    TemporaryDirectory directory_;
    std::unique_ptr<Store> store_;
};

const std::string first_log = "00000001.log";

Finding only_finding(const CheckReport& report) {
    REQUIRE(report.findings.size() == 1);
    return report.findings[0];
}

// Repairs, and expects that all is well then, also after a restart.
RepairReport repaired(Damaged& data) {
    const RepairReport report = data.open().repair("docs", {}).value();
    CHECK(data.open().check("docs", {}).value().clean());
    CHECK(data.serves());
    return report;
}

}  // namespace

TEST_CASE("a check of what is whole reads all of it and finds nothing") {
    Damaged data;
    Store& store = data.open();
    uint64_t done = 0, total = 0;
    const auto report = store.check("docs", [&](uint64_t now, uint64_t all) {
        CHECK(now >= done);
        done = now;
        total = all;
        return true;
    });
    REQUIRE(report);
    CHECK(report->clean());
    CHECK(report->findings.empty());
    CHECK(report->records == batches);
    CHECK(report->rows == batches * batch_rows);
    CHECK(report->files == 5);
    CHECK(report->bytes == total);
    CHECK(done == total);
    CHECK(store.check("nothing", {}).error().code == ErrorCode::not_found);
}

TEST_CASE("a check is stopped by its progress") {
    Damaged data;
    int calls = 0;
    const auto report = data.open().check("docs", [&](uint64_t, uint64_t) { return ++calls < 3; });
    REQUIRE_FALSE(report);
    CHECK(report.error().code == ErrorCode::timed_out);
}

TEST_CASE("there is nothing to repair in a sound collection") {
    Damaged data;
    const auto report = data.open().repair("docs", {}).value();
    CHECK(report.done == Repair::nothing);
    CHECK(data.kept().empty());
}

TEST_CASE("a damaged body of a record is found at its offset, and a repair keeps all others") {
    Damaged data;
    data.flip(first_log, 4096 + record_bytes + 128 + 832 + 5);
    Store& store = data.open();
    CHECK_FALSE(data.serves());
    CHECK(store.find("docs").error().hint.find("collection check docs") != std::string::npos);
    const Finding finding = only_finding(store.check("docs", {}).value());
    CHECK(finding.file == first_log);
    CHECK(finding.offset == 4096 + record_bytes);
    CHECK(finding.bytes == record_bytes);
    CHECK(finding.severity == Severity::damage);
    CHECK(finding.consequence.find("100 points") == 0);

    const auto before = contents(data.path(first_log));
    const auto report = store.repair("docs", {});
    REQUIRE(report);
    CHECK(report->done == Repair::salvaged);
    CHECK(report->salvaged->points == (batches - 1) * batch_rows);
    CHECK(report->salvaged->losses.rows_max == batch_rows);
    CHECK(report->salvaged->losses.lost_ids.size() == batch_rows);
    CHECK(report->salvaged->losses.lost_ids.front() == batch_rows);
    CHECK_FALSE(report->salvaged->losses.others_may_be_older);
    CHECK(data.points() == (batches - 1) * batch_rows);
    // It takes writes again, and the damaged one is kept as it was.
    CHECK(insert(*store.find("docs").value(), {1, 2, 3, 4}));
    CHECK(contents(report->kept_at + "/" + first_log) == before);
    CHECK(fs::exists(report->kept_at + ".json"));
    CHECK(data.open().check("docs", {}).value().clean());
    CHECK(data.points() == (batches - 1) * batch_rows + 1);
}

TEST_CASE("a damaged header of a record costs what can't be read behind it") {
    Damaged data;
    data.flip(first_log, 4096 + 8);
    const Finding finding = only_finding(data.open().check("docs", {}).value());
    CHECK(finding.offset == 4096);
    CHECK(finding.what == "the record's header fails its checksum");
    const RepairReport report = repaired(data);
    CHECK(report.salvaged->losses.ranges.at(0).records == 1);
    CHECK(report.salvaged->losses.rows_max >= batch_rows);
    CHECK(report.salvaged->losses.others_may_be_older);
    CHECK(data.points() == (batches - 1) * batch_rows);
}

TEST_CASE("a damaged header of a log closes the collection, and a repair loses nothing") {
    Damaged data;
    data.flip(first_log, 20);
    CHECK(data.open().find("docs").error().code == ErrorCode::corrupt);
    CHECK(only_finding(data.open().check("docs", {}).value()).severity == Severity::damage);
    const RepairReport report = repaired(data);
    CHECK(report.salvaged->losses.ranges.empty());
    CHECK(data.points() == batches * batch_rows);
}

TEST_CASE("a log that is cut off is found, and what was before the cut is kept") {
    Damaged data;
    fs::resize_file(data.path(first_log), 4096 + record_bytes + 640);
    const CheckReport found = data.open().check("docs", {}).value();
    REQUIRE(found.findings.size() == 2);
    CHECK(found.findings[0].offset == 4096 + record_bytes);
    CHECK(found.findings[1].what.find("the file ends here") == 0);
    repaired(data);
    CHECK(data.points() == (batches - 4) * batch_rows);
}

TEST_CASE("a log that is missing is found, and the others are kept") {
    Damaged data;
    fs::remove(data.path(first_log));
    CHECK(data.open().find("docs").error().code == ErrorCode::corrupt);
    CHECK(only_finding(data.open().check("docs", {}).value()).consequence == "500 rows of this log are lost");
    repaired(data);
    CHECK(data.points() == (batches - 5) * batch_rows);
}

TEST_CASE("a damaged or a lost manifest is made again from the logs") {
    Damaged data;
    const bool lost = GENERATE(false, true);
    if (lost) {
        fs::remove(data.path("MANIFEST"));
    } else {
        data.flip("MANIFEST", 60);
    }
    const Finding finding = only_finding(data.open().check("docs", {}).value());
    CHECK(finding.file == "MANIFEST");
    CHECK(finding.part == Part::manifest);
    const RepairReport report = repaired(data);
    CHECK(report.salvaged->manifest_rebuilt);
    CHECK_FALSE(report.salvaged->schema_from.empty());
    CHECK(report.salvaged->losses.ranges.empty());
    CHECK(data.points() == batches * batch_rows);
    CHECK(data.open().find("docs").value()->schema().metric == simd::Metric::euclidean);
}

TEST_CASE("a manifest is made again though the headers of other logs are damaged, too") {
    Damaged data;
    data.flip("MANIFEST", 60);
    data.flip(first_log, 20);
    data.flip("00000002.log", 100);
    const RepairReport report = repaired(data);
    CHECK(data.points() == batches * batch_rows);
    CHECK(report.salvaged->losses.ranges.empty());
}

TEST_CASE("a manifest can't be made again where no log tells the schema") {
    Damaged data;
    data.flip("MANIFEST", 60);
    for (const auto& entry : fs::directory_iterator(data.path(""))) {
        if (entry.path().extension() == ".log") data.flip(entry.path().filename().string(), 100);
    }
    const auto refused = data.open().repair("docs", {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::corrupt);
    CHECK(refused.error().message.find("nothing was changed") != std::string::npos);
    CHECK(data.kept().empty());
    CHECK(fs::exists(data.path(first_log)));
}

TEST_CASE("damage of the schema's copy, of a mark and of the zeros between loses nothing") {
    Damaged data;
    const uint64_t at = GENERATE(64, 90, 3000, 4000);
    data.flip(first_log, at);
    const Finding finding = only_finding(data.open().check("docs", {}).value());
    CHECK(data.serves());
    CHECK(finding.severity == Severity::warning);
    CHECK(finding.consequence.find("no data are lost") == 0);
    const RepairReport report = repaired(data);
    CHECK(report.salvaged->losses.ranges.empty());
    CHECK(data.points() == batches * batch_rows);
}

TEST_CASE("a damaged index is found, and written again with no row touched") {
    Damaged data;
    const std::string file = data.index_file();
    data.flip(file, fs::file_size(data.path(file)) / 2);
    const std::string log = contents(data.path(first_log));
    const auto written = fs::last_write_time(data.path(first_log));
    const Finding finding = only_finding(data.open().check("docs", {}).value());
    CHECK(finding.file == file);
    CHECK(finding.severity == Severity::warning);
    const RepairReport report = repaired(data);
    CHECK(report.done == Repair::rewritten);
    CHECK(data.kept().empty());
    CHECK(data.open().find("docs").value()->info().indexed_points == batches * batch_rows);
    CHECK(fs::last_write_time(data.path(first_log)) == written);
    CHECK(contents(data.path(first_log)) == log);
}

TEST_CASE("files that nothing names are noted") {
    Damaged data;
    Store& store = data.open();
    write_file(data.path("00000099.hnsw"), "left");
    write_file(data.path("notes.txt"), "mine");
    const CheckReport report = store.check("docs", {}).value();
    REQUIRE(report.findings.size() == 2);
    CHECK(report.findings[0].severity == Severity::note);
    CHECK(report.findings[1].what == "this is no file of a collection");
    CHECK(report.clean());
    CHECK(store.repair("docs", {}).value().done == Repair::nothing);
}

TEST_CASE("damage that comes while a collection serves is found and repaired while it is searched") {
    Damaged data;
    Store& store = data.open();
    const auto before = store.find("docs").value();
    data.flip(first_log, 4096 + 128 + 832 + 5);
    CHECK(only_finding(store.check("docs", {}).value()).offset == 4096);
    bool written = false;
    const auto report = store.repair("docs", [&](uint64_t, uint64_t) {
        // Frozen or not yet: searches are answered, and a write succeeds or is told to come again.
        CHECK(search(*before, {1, 2, 3, 4}, 5));
        const auto tried = insert(*before, {1, 2, 3, 4});
        if (!tried) CHECK(tried.error().code == ErrorCode::busy);
        written |= tried.has_value();
        return true;
    });
    REQUIRE(report);
    CHECK(report->done == Repair::salvaged);
    CHECK(written);
    const auto after = store.find("docs").value();
    CHECK(after != before);
    CHECK(insert(*after, {1, 2, 3, 4}));
    CHECK(insert(*before, {1, 2, 3, 4}).error().code == ErrorCode::busy);
    CHECK(store.check("docs", {}).value().clean());
    const uint64_t points = data.points();
    CHECK(data.open().check("docs", {}).value().clean());
    CHECK(data.points() == points);
}

TEST_CASE("a manifest that is damaged while the collection serves is written again") {
    Damaged data;
    Store& store = data.open();
    data.flip("MANIFEST", 60);
    CHECK(only_finding(store.check("docs", {}).value()).part == Part::manifest);
    CHECK(store.repair("docs", {}).value().done == Repair::rewritten);
    CHECK(store.check("docs", {}).value().clean());
    data.open();
    CHECK(data.points() == batches * batch_rows);
}

TEST_CASE("points that a lost record deleted or replaced are told as back or older") {
    Damaged data;
    {
        const auto points = data.open().find("docs").value();
        REQUIRE(points->erase(std::vector<uint64_t>{7, 8}));
        REQUIRE(insert(*points, {9, 9, 9, 9}, {20}, {}, OnConflict::replace));
        REQUIRE(points->update_metadata(30, R"({"changed":true})", true));
        REQUIRE(insert(*points, {5, 5, 5, 5}, {5'000}));
        data.close();
    }
    // The bodies of the last four records but one, which stands where each of them can be told by its ids.
    const std::string last = "00000003.log";
    const std::string bytes = contents(data.path(last));
    uint64_t offset = bytes.size();
    const auto at = [&](uint64_t size) { return offset -= size; };
    const uint64_t inserted = at(128 + 64 + 64 + 64), changed = at(128 + 64 + 64),
                   replaced = at(128 + 3 * 64), erased = at(128 + 64);
    for (const uint64_t record : {changed, replaced, erased}) data.flip(last, record + 128 + 63);
    static_cast<void>(inserted);
    const RepairReport report = repaired(data);
    const Losses& losses = report.salvaged->losses;
    CHECK(losses.undeleted_ids == std::vector<uint64_t>{7, 8});
    CHECK(losses.older_ids == std::vector<uint64_t>{20});
    CHECK(losses.older_metadata_ids == std::vector<uint64_t>{30});
    CHECK(losses.lost_ids.empty());
    CHECK(data.points() == batches * batch_rows + 1);
}

TEST_CASE("rows that were moved from a log that is gone are kept by a repair, with or without the manifest") {
    const bool with_manifest = GENERATE(true, false);
    const TemporaryDirectory directory;
    StoreOptions options = options_of(directory.path());
    options.garbage_bytes_min = 1;
    std::vector<uint64_t> erased(batch_rows);
    std::iota(erased.begin(), erased.end(), 0);
    const std::vector<uint64_t> moved{batch_rows, batch_rows + 7, 3 * batch_rows};
    std::vector<Point> before;
    uint64_t points = 0;
    {
        const auto store = Store::open(options).value();
        const auto docs = store->create("docs", schema_of(dimension)).value();
        for (uint32_t batch = 0; batch < batches; ++batch)
            REQUIRE(insert(*docs, random_vectors(batch_rows, dimension, batch)));
        REQUIRE(docs->erase(erased));
        REQUIRE(docs->optimize({}));
        before = docs->get(moved, true).value();
        points = docs->info().points;
    }
    const std::string path = directory / "collections/docs/";
    REQUIRE_FALSE(fs::exists(path + first_log));
    if (!with_manifest) fs::remove(path + "MANIFEST");
    for (const auto& entry : fs::directory_iterator(path)) {
        if (entry.path().extension() != ".log") continue;
        std::string bytes = contents(entry.path());
        bytes[20] = static_cast<char>(bytes[20] ^ 1);
        write_file(entry.path(), bytes);
        break;
    }
    const auto store = Store::open(options).value();
    const auto report = store->repair("docs", {});
    REQUIRE(report);
    CHECK(report->done == Repair::salvaged);
    CHECK(report->salvaged->losses.ranges.empty());
    const auto docs = store->find("docs").value();
    CHECK(docs->info().points == points);
    const auto after = docs->get(moved, true).value();
    REQUIRE(after.size() == before.size());
    for (size_t i = 0; i < after.size(); ++i) CHECK(after[i].vector == before[i].vector);
    CHECK(search(*docs, after[1].vector, 1)->hits.front().id == moved[1]);
    CHECK(store->check("docs", {}).value().clean());
}

TEST_CASE("a repair that is stopped leaves all as it was") {
    Damaged data;
    data.flip(first_log, 4096 + 128 + 832 + 5);
    Store& store = data.open();
    uint64_t before = 0;
    // The check comes first, then the salvage begins anew.
    const auto stopped = store.repair("docs", [&](uint64_t done, uint64_t) {
        const bool salvages = done < before;
        before = done;
        return !salvages;
    });
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code == ErrorCode::timed_out);
    CHECK(stopped.error().message.find("nothing was changed") != std::string::npos);
    CHECK_FALSE(data.serves());
    CHECK(data.kept().empty());
    CHECK(std::distance(fs::directory_iterator(data.directory() + "/collections"), {}) == 2);
    CHECK(store.repair("docs", {}).value().done == Repair::salvaged);
}

TEST_CASE("a repair that a crash ended before its last step is finished at the next start") {
    Damaged data;
    data.flip(first_log, 4096 + 128 + 832 + 5);
    const RepairReport report = data.open().repair("docs", {}).value();
    data.close();
    const std::string time = report.kept_at.substr(report.kept_at.rfind("docs-") + 5);
    const std::string repaired = data.directory() + "/collections/.repaired-" + time + "-docs";
    fs::rename(data.path(""), repaired);
    SECTION("with the damaged one in its place") {
        fs::rename(report.kept_at, data.directory() + "/collections/docs");
    }
    SECTION("with its place empty") {}
    data.open();
    CHECK(data.points() == (batches - 1) * batch_rows);
    CHECK(fs::exists(report.kept_at));
    CHECK_FALSE(fs::exists(repaired));
}

TEST_CASE("a collection that could not be opened and is well again is opened") {
    Damaged data;
    const std::string bytes = contents(data.path("MANIFEST"));
    fs::remove(data.path("MANIFEST"));
    Store& store = data.open();
    CHECK_FALSE(data.serves());
    write_file(data.path("MANIFEST"), bytes);
    CHECK(store.repair("docs", {}).value().done == Repair::opened);
    CHECK(data.points() == batches * batch_rows);
    CHECK(store.quarantined().empty());
}

TEST_CASE("a manifest of a newer version is left alone") {
    Damaged data;
    const std::string bytes = contents(data.path("MANIFEST"));
    const std::string body = bytes.substr(bytes.find('\n') + 1);
    write_file(data.path("MANIFEST"), fmt::format("vexfs-manifest 2 {:016x}\n{}",
                                                  XXH3_64bits_withSeed(body.data(), body.size(), 1), body));
    const CheckReport report = data.open().check("docs", {}).value();
    CHECK(only_finding(report).remedy == "use the newer vexfs that wrote it");
    CHECK(data.open().repair("docs", {}).error().code == ErrorCode::unsupported);
}
