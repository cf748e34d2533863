// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>

#include "engine/storage/manifest.h"
#include "engine/storage/segment.h"
#include "tests/engine/storage/real_disk.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using test::TemporaryDirectory;

namespace {

constexpr uint32_t dimension = 3;
constexpr uint64_t log_bytes_max = 1 << 20;
const SegmentIdentity identity{7, 11, 0x5eed, dimension};

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// Appends inserts of `rows` rows, with ids counting from 0.
void append_inserts(Segment& segment, size_t records, size_t rows) {
    for (size_t record = 0; record < records; ++record) {
        std::vector<uint64_t> ids(rows);
        std::iota(ids.begin(), ids.end(), record * rows);
        const std::vector<float> vectors(rows * dimension, static_cast<float>(record));
        const std::vector<std::string_view> metadata(rows, R"({"k":1})");
        REQUIRE(segment.append({format::RecordKind::insert, ids, vectors, metadata, {5, (record + 1) * rows}},
                               identity.first_sequence + record));
    }
}

struct Replayed {
    Result<void> outcome;
    std::vector<uint64_t> ids;
    uint64_t bytes = 0;
};

Replayed replay(const std::string& directory, uint64_t sealed_bytes = 0) {
    Replayed result;
    auto segment = Segment::open(test::real_disk(), directory, identity, log_bytes_max);
    if (!segment) {
        result.outcome = tl::unexpected(segment.error());
        return result;
    }
    result.outcome = (*segment)->replay(sealed_bytes, [&](const RecordView& record) -> Result<void> {
        const std::byte* entry = record.metadata;
        for (uint32_t i = 0; i < record.header->count; ++i, entry = next_metadata(entry)) {
            result.ids.push_back(record.ids[i]);
            CHECK(record.vectors[i * dimension] ==
                  static_cast<float>(record.header->sequence - identity.first_sequence));
            CHECK(metadata_text(entry) == R"({"k":1})");
        }
        CHECK(record.header->import_key == 5);
        return {};
    });
    result.bytes = (*segment)->bytes();
    return result;
}

}  // namespace

TEST_CASE("what was appended to a log is replayed from it") {
    const TemporaryDirectory directory;
    {
        const auto segment =
            Segment::create(test::real_disk(), directory.path(), identity, log_bytes_max).value();
        append_inserts(*segment, 4, 5);
        REQUIRE(segment->sync());
    }
    const Replayed result = replay(directory.path());
    REQUIRE(result.outcome);
    CHECK(result.ids.size() == 20);
    CHECK(result.ids.back() == 19);
}

TEST_CASE("a log cut off anywhere gives the whole records before the cut, and goes on from there") {
    const TemporaryDirectory directory;
    const std::string path = directory / Segment::file_name(identity.number);
    uint64_t record_bytes = 0;
    {
        const auto segment =
            Segment::create(test::real_disk(), directory.path(), identity, log_bytes_max).value();
        append_inserts(*segment, 3, 5);
        record_bytes = (segment->bytes() - format::records_offset) / 3;
    }
    const std::string whole = contents(path);
    for (uint64_t cut = format::records_offset; cut < whole.size(); cut += 17) {
        write_file(path, whole.substr(0, cut));
        const Replayed result = replay(directory.path());
        REQUIRE(result.outcome);
        const uint64_t records = (cut - format::records_offset) / record_bytes;
        CHECK(result.ids.size() == records * 5);
        CHECK(contents(path).size() == format::records_offset + records * record_bytes);
    }
}

TEST_CASE("damage before bytes that were synced is told with file and offset, never cut off") {
    const TemporaryDirectory directory;
    const std::string path = directory / Segment::file_name(identity.number);
    {
        const auto segment =
            Segment::create(test::real_disk(), directory.path(), identity, log_bytes_max).value();
        append_inserts(*segment, 2, 5);
        REQUIRE(segment->sync());
        const std::vector<uint64_t> ids{100};
        const std::vector<float> vector(dimension);
        REQUIRE(segment->append({format::RecordKind::insert, ids, vector, {}, {5, 1}},
                                identity.first_sequence + 2));
    }
    std::string bytes = contents(path);
    bytes[format::records_offset + 200] = static_cast<char>(bytes[format::records_offset + 200] ^ 1);
    write_file(path, bytes);
    const Replayed result = replay(directory.path());
    REQUIRE_FALSE(result.outcome);
    CHECK(result.outcome.error().code == ErrorCode::corrupt);
    CHECK(result.outcome.error().message.find(path + " at offset 4096") != std::string::npos);
    CHECK(contents(path) == bytes);
}

TEST_CASE("any flipped bit in a sealed log is found") {
    const TemporaryDirectory directory;
    const std::string path = directory / Segment::file_name(identity.number);
    uint64_t sealed_bytes = 0;
    {
        const auto segment =
            Segment::create(test::real_disk(), directory.path(), identity, log_bytes_max).value();
        append_inserts(*segment, 3, 2);
        sealed_bytes = segment->bytes();
    }
    const std::string whole = contents(path);
    // The header's first 64 bytes and all records; between them are zeros that nobody reads.
    for (uint64_t at = 0; at < whole.size(); at = at == 63 ? format::records_offset : at + 1) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
        write_file(path, bytes);
        INFO("byte " << at);
        CHECK_FALSE(replay(directory.path(), sealed_bytes).outcome);
    }
}

TEST_CASE("a manifest is read as it was written, and a damaged or newer one is refused") {
    const TemporaryDirectory directory;
    Manifest manifest;
    manifest.schema.dimension = 100;
    manifest.schema.metric = simd::Metric::dot;
    manifest.schema.hnsw.m = 24;
    manifest.schema.preset = "balanced";
    manifest.salt = UINT64_MAX;
    manifest.next_number = 4;
    manifest.segments = {{1, 1, 10, 5000}, {3, 11, 0, 0}};
    manifest.index = {{"00000002.hnsw", 0, 9}};
    REQUIRE(write_manifest(test::real_disk(), directory.path(), manifest));

    const Manifest read = read_manifest(test::real_disk(), directory.path()).value();
    CHECK(read.schema == manifest.schema);
    CHECK(read.salt == manifest.salt);
    CHECK(read.revision == 1);
    REQUIRE(read.segments.size() == 2);
    CHECK(read.segments[1].first_sequence == 11);
    CHECK(read.index.front().file == "00000002.hnsw");

    const std::string path = directory / std::string(manifest_name);
    const std::string whole = contents(path);
    for (size_t at = 0; at < whole.size(); ++at) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ 4);
        write_file(path, bytes);
        INFO("byte " << at);
        CHECK_FALSE(read_manifest(test::real_disk(), directory.path()));
        write_file(path, whole.substr(0, at));
        CHECK_FALSE(read_manifest(test::real_disk(), directory.path()));
    }
    const std::string body = whole.substr(whole.find('\n') + 1);
    const uint64_t checksum = XXH3_64bits_withSeed(body.data(), body.size(), 2 - 1);
    const std::string newer = fmt::format("vexfs-manifest 2 {:016x}\n{}", checksum, body);
    write_file(path, newer);
    const auto refused = read_manifest(test::real_disk(), directory.path());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::unsupported);
}

TEST_CASE("a link is the same file by another name, and a copy takes its place where there can't be one") {
    const TemporaryDirectory directory;
    Disk& disk = posix_disk();
    const std::string bytes(3 << 20, 'v');
    write_file(directory / "sealed", bytes);
    REQUIRE(link_or_copy(disk, directory / "sealed", directory / "link"));
    CHECK(disk.open(directory / "link").value()->links().value() == 2);
    CHECK(std::filesystem::equivalent(directory / "sealed", directory / "link"));
    CHECK(disk.link(directory / "sealed", directory / "link").error().code == ErrorCode::already_exists);
    CHECK(disk.link(directory / "absent", directory / "other").error().code == ErrorCode::not_found);

    // Shared memory is a file system of its own.
    const std::filesystem::path elsewhere = "/dev/shm/vexfs-link-test-" + std::to_string(getpid());
    write_file(elsewhere.string(), bytes);
    const auto refused = disk.link(elsewhere.string(), directory / "far");
    if (!refused) {  // else the temporary directory is in it, too
        CHECK(refused.error().code == ErrorCode::unsupported);
        REQUIRE(link_or_copy(disk, elsewhere.string(), directory / "far"));
        CHECK(contents(directory / "far") == bytes);
    }
    std::filesystem::remove(elsewhere);
}
