// SPDX-License-Identifier: Apache-2.0
// Bits flipped and ends cut off in the files of a data directory: each is detected or changes no answer, a
// check finds each, and a repair keeps what is whole.
//
// VEXFS_TEST_SEED chooses the places.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/engine/points.h"
#include "tests/engine/storage/scene.h"
#include "tests/engine/storage/survivors.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;
namespace fs = std::filesystem;

namespace {

constexpr uint32_t dimension = 8;
constexpr size_t rows = 1'400;
// To each of flat and hnsw; the address sanitizer makes each five times as long.
#ifdef VEXFS_SANITIZED
constexpr int damages = 400;
#else
constexpr int damages = 2'500;
#endif
constexpr int repaired_each = 5;  // of them, for the time

StoreOptions options_of(const std::string& directory) {
    StoreOptions options;
    options.directory = directory;
    options.background_indexing = false;
    options.segment_bytes = 24 << 10;
    return options;
}

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::map<std::string, std::string> files_in(const std::string& directory) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        if (entry.is_regular_file()) files[entry.path().string()] = contents(entry.path().string());
    }
    return files;
}

// Every answer that a damage might change, as one text.
Result<std::string> answers_of(const Collection& collection) {
    std::string text =
        fmt::format("{} {}\n", collection.schema().access.mode, collection.imported_rows(import_key));
    VEXFS_ASSIGN(const auto page, collection.scroll(0, search_limit_max, nullptr, true));
    for (const Point& point : page.points) {
        text += fmt::format("{} {} ", point.id, point.metadata);
        text.append(reinterpret_cast<const char*>(point.vector.data()), point.vector.size() * sizeof(float));
    }
    for (uint32_t query = 0; query < 8; ++query) {
        SearchRequest request;
        const auto vector = random_vectors(1, dimension, 1'000 + query);
        request.query = vector;
        // So broad that a graph finds what a scan finds.
        request.ef_search = rows;
        VEXFS_ASSIGN(const auto reply, collection.search(request));
        for (const Hit& hit : reply.hits)
            text += fmt::format("{} {} {}\n", hit.id, hit.distance, hit.metadata);
    }
    return text;
}

// And returns what changed or deleted points had before.
StoredPoints fill(Collection& collection) {
    for (uint32_t batch = 0; batch < 14; ++batch) {
        const std::vector<std::string> metadata(rows / 14, fmt::format(R"({{"batch":{}}})", batch));
        REQUIRE(insert(collection, random_vectors(rows / 14, dimension, batch), {}, metadata));
    }
    REQUIRE(collection.optimize({}));
    const StoredPoints older = stored_points(collection).value();
    REQUIRE(insert(collection, random_vectors(1, dimension, 60), {11}, {}, OnConflict::replace));
    REQUIRE(collection.erase(std::vector<uint64_t>{5, 700}));
    REQUIRE(collection.update_metadata(9, R"({"changed":true})", true));
    const auto marked = random_vectors(2, dimension, 50);
    InsertRequest request;
    request.vectors = marked;
    request.mark = ImportMark{import_key, 2};
    REQUIRE(collection.insert(request));
    return older;
}

// The damage is in `file` of the collection: a check finds it.
std::string wrong_check(const Store& store, const std::string& file, bool opened) {
    const auto report = store.check("points", {});
    if (!report) return report.error().message;
    if (report->clean()) return "the check finds nothing";
    const bool told = std::ranges::any_of(report->findings, [&](const Finding& finding) {
        return finding.file == file && finding.severity != Severity::note;
    });
    if (!told) return "the check finds another file";
    const bool closed = std::ranges::any_of(
        report->findings, [](const Finding& finding) { return finding.severity == Severity::damage; });
    return closed == opened ? "the check takes the damage for another" : "";
}

std::string wrong_repair(Store& store, const StoredPoints& before, const StoredPoints& older) {
    const auto report = store.repair("points", {});
    if (!report) return report.error().message;
    const auto points = store.find("points");
    if (!points) return points.error().message;
    const auto left = stored_points(**points);
    if (!left) return left.error().message;
    const auto again = store.check("points", {});
    if (!again) return again.error().message;
    if (!again->clean()) return "damage is left after the repair: " + again->findings.front().what;
    return wrong_survivors(before, older, *left, *report);
}

void damage_files_of(Algorithm algorithm) {
    const TemporaryDirectory directory;
    std::string before;
    StoredPoints older, points_before;
    {
        const auto store = Store::open(options_of(directory.path())).value();
        const auto points =
            store->create("points", schema_of(dimension, simd::Metric::euclidean, algorithm)).value();
        older = fill(*points);
        before = answers_of(*points).value();
        points_before = stored_points(*points).value();
    }
    const auto files = files_in(directory.path());
    std::vector<std::string> paths;
    for (const auto& [path, content] : files) {
        if (!content.empty()) paths.push_back(path);
    }
    REQUIRE(paths.size() >= 5);
    {
        const auto store = Store::open(options_of(directory.path())).value();
        REQUIRE(answers_of(*store->find("points").value()).value() == before);
        if (algorithm == Algorithm::hnsw)
            REQUIRE(store->find("points").value()->info().indexed_points >= rows);
    }

    const uint64_t seed = test_seed();
    std::mt19937_64 random(seed);
    std::array<int, 3> outcomes{};  // refused, served without the index, harmless
    for (int damage = 0; damage < damages; ++damage) {
        const std::string& path = paths[random() % paths.size()];
        std::string content = files.at(path);
        const size_t at = random() % content.size();
        const bool cut = random() % 4 == 0;
        if (cut) {
            content.resize(at);
        } else {
            content[at] = static_cast<char>(content[at] ^ (1 << random() % 8));
        }
        write_file(path, content);
        INFO("VEXFS_TEST_SEED=" << seed << ", damage " << damage << ": " << path
                                << (cut ? " cut off at " : " flipped at ") << at << " of "
                                << files.at(path).size());
        {
            const auto store = Store::open(options_of(directory.path()));
            if (!store) {
                FAIL_CHECK("one damaged collection stops all others: " << store.error().message);
            } else if (const auto points = (*store)->find("points"); !points) {
                ++outcomes[0];
                const std::string& message = points.error().message;
                if (message.find(path) == std::string::npos)
                    FAIL_CHECK("the error names another file: " << message);
                if (path.ends_with(".log") && at >= format::records_offset &&
                    message.find(" at offset ") == std::string::npos)
                    FAIL_CHECK("the error has no offset: " << message);
            } else {
                const auto after = answers_of(**points);
                if (!after) {
                    FAIL_CHECK(after.error().message);
                } else if (*after != before) {
                    FAIL_CHECK("a silently wrong answer");
                }
                ++outcomes[(*points)->info().background_error.empty() ? 2 : 1];
            }
            if (store && path.find("/collections/") != std::string::npos) {
                const std::string file = fs::path(path).filename();
                const bool opened = (*store)->find("points").has_value();
                if (const std::string wrong = wrong_check(**store, file, opened); !wrong.empty())
                    FAIL_CHECK(wrong);
                if (damage % repaired_each == 0) {
                    const std::string wrong = wrong_repair(**store, points_before, older);
                    if (!wrong.empty()) FAIL_CHECK("after the repair: " << wrong);
                }
            }
        }
        fs::remove_all(directory / "damaged");
        const auto now = files_in(directory.path());
        for (const auto& [changed, content_now] : now) {
            if (!files.contains(changed)) fs::remove(changed);
        }
        for (const auto& [changed, was] : files) {
            if (const auto entry = now.find(changed); entry == now.end() || entry->second != was)
                write_file(changed, was);
        }
    }
    WARN(outcomes[0] << " refused, " << outcomes[1] << " served without the index, " << outcomes[2]
                     << " harmless");
    CHECK(outcomes[0] > damages / 2);
    if (algorithm == Algorithm::hnsw) CHECK(outcomes[1] > 0);
}

}  // namespace

TEST_CASE("damage to the files of a flat collection is detected or changes no answer") {
    damage_files_of(Algorithm::flat);
}

TEST_CASE("damage to the files of an hnsw collection is detected or changes no answer") {
    damage_files_of(Algorithm::hnsw);
}
