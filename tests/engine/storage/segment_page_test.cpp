// SPDX-License-Identifier: Apache-2.0
// The first page of a log: what it tells of the segment, and what its marks tell of damage.
#include <catch2/catch.hpp>
#include <fstream>

#include "engine/storage/segment.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using test::TemporaryDirectory;

namespace {

constexpr uint64_t log_bytes_max = 1 << 20;
const SegmentIdentity identity{7, 11, 0x5eed, 3};

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

SegmentPage page_of(const std::string& bytes) {
    return SegmentPage(reinterpret_cast<const std::byte*>(bytes.data()), format::records_offset);
}

std::string flipped(std::string bytes, size_t at) {
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    return bytes;
}

void append(Segment& segment, uint64_t sequence) {
    const std::vector<uint64_t> ids{sequence};
    const std::vector<float> vector(identity.dimension);
    REQUIRE(segment.append({format::RecordKind::insert, ids, vector, {}, {}}, sequence));
}

// The records that a recovery finds.
Result<uint64_t> replayed(const std::string& directory) {
    VEXFS_ASSIGN(const auto segment, Segment::open(posix_disk(), directory, identity, log_bytes_max));
    uint64_t records = 0;
    VEXFS_TRY(segment->replay(0, [&](const RecordView&) -> Result<void> {
        ++records;
        return {};
    }));
    return records;
}

// A log of two records, as a process that was killed leaves it.
struct KilledLog {
    explicit KilledLog(bool marked) {
        const auto segment = Segment::create(posix_disk(), directory.path(), identity, log_bytes_max).value();
        append(*segment, 11);
        append(*segment, 12);
        last_record = segment->bytes() - (segment->bytes() - format::records_offset) / 2;
        REQUIRE(segment->sync());
        if (marked) REQUIRE(segment->mark_synced());
    }
    TemporaryDirectory directory;
    std::string path = directory / Segment::file_name(identity.number);
    uint64_t last_record = 0;
};

}  // namespace

TEST_CASE("a segment's page tells who it is and which schema it had") {
    const std::string page = make_segment_page(identity, R"({"dimension":3})");
    CHECK(segment_identity(page_of(page)).value() == identity);
    CHECK(schema_copy(page_of(page)).value() == R"({"dimension":3})");
    CHECK(schema_copy(page_of(make_segment_page(identity, {}))).value().empty());
    CHECK(first_stray_byte(page_of(page)) == format::records_offset);
}

TEST_CASE("a schema too long for the page is left out") {
    const std::string page = make_segment_page(identity, std::string(4'000, ' '));
    CHECK(schema_copy(page_of(page)).value().empty());
}

TEST_CASE("any flipped bit of a segment's page is found") {
    std::string page = make_segment_page(identity, R"({"dimension":3})");
    for (const uint64_t offset : format::sync_mark_offsets) {
        const format::SyncMark mark = make_sync_mark(4'224, identity.seed());
        page.replace(offset, sizeof mark, reinterpret_cast<const char*>(&mark), sizeof mark);
    }
    for (size_t at = 0; at < page.size(); ++at) {
        const std::string damaged = flipped(page, at);
        const SyncMarks marks = sync_marks(page_of(damaged), identity.seed());
        const bool found = !segment_identity(page_of(damaged)) || !schema_copy(page_of(damaged)) ||
                           marks.damaged[0] || marks.damaged[1] ||
                           first_stray_byte(page_of(damaged)) != format::records_offset;
        INFO("byte " << at);
        CHECK(found);
        CHECK(marks.synced_bytes == 4'224);
    }
}

TEST_CASE("damage at the end of a log that was marked as synced is told, never cut off") {
    const KilledLog log(true);
    const std::string damaged = flipped(contents(log.path), log.last_record + 130);
    write_file(log.path, damaged);
    const auto refused = replayed(log.directory.path());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::corrupt);
    CHECK(refused.error().message.find(log.path + " at offset " + std::to_string(log.last_record)) !=
          std::string::npos);
    CHECK(contents(log.path) == damaged);

    write_file(log.path, damaged.substr(0, log.last_record));
    CHECK_FALSE(replayed(log.directory.path()));
}

TEST_CASE("without a mark, damage at the end of a log is taken for a torn tail") {
    const KilledLog log(false);
    write_file(log.path, flipped(contents(log.path), log.last_record + 130));
    CHECK(replayed(log.directory.path()).value() == 1);
}

TEST_CASE("what is written behind a mark may be torn") {
    const KilledLog log(true);
    write_file(log.path, contents(log.path) + std::string(300, 'x'));
    CHECK(replayed(log.directory.path()).value() == 2);
}

TEST_CASE("marks are written in turn, so that a damaged one leaves the one before") {
    const KilledLog log(true);
    {
        const auto segment =
            Segment::open(posix_disk(), log.directory.path(), identity, log_bytes_max).value();
        REQUIRE(segment->replay(0, [](const RecordView&) -> Result<void> { return {}; }));
        append(*segment, 13);
        REQUIRE(segment->sync());
        REQUIRE(segment->mark_synced());
    }
    const std::string bytes = contents(log.path);
    const SyncMarks marks = sync_marks(page_of(bytes), identity.seed());
    CHECK(marks.synced_bytes == bytes.size());
    const std::string damaged = flipped(bytes, format::sync_mark_offsets[1 - marks.next] + 8);
    const SyncMarks left = sync_marks(page_of(damaged), identity.seed());
    CHECK(left.synced_bytes > format::records_offset);
    CHECK(left.synced_bytes < bytes.size());
}
