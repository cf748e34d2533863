// SPDX-License-Identifier: Apache-2.0
// A log is read past what is damaged.
#include "engine/storage/log_scan.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "engine/storage/segment.h"
#include "tests/engine/storage/simulated_disk.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

const SegmentIdentity identity{7, 11, 0x5eed, 3};
const std::string path = "/log/00000007.log";
constexpr uint32_t rows_of_each = 5;

struct Scanned {
    Result<void> outcome;
    std::vector<uint64_t> sequences;
    std::vector<LogDamage> damages;
    uint64_t next_sequence = 0, synced_bytes = 0;
};

// Five records of five rows, with sequences from 11 on.
class ScannedLog {
  public:
    ScannedLog() {
        REQUIRE(disk_.make_directory("/log"));
        const auto segment = Segment::create(disk_, "/log", identity, simulated_file_bytes_max).value();
        for (uint64_t sequence = 11; sequence < 16; ++sequence) {
            offsets.push_back(segment->bytes());
            std::vector<uint64_t> ids(rows_of_each);
            std::iota(ids.begin(), ids.end(), sequence * 100);
            const std::vector<float> vectors(rows_of_each * identity.dimension, 1);
            const std::vector<std::string_view> metadata(rows_of_each, R"({"k":1})");
            REQUIRE(segment->append({format::RecordKind::insert, ids, vectors, metadata, {}}, sequence));
            if (sequence == 13) REQUIRE(segment->sync());
        }
        end = segment->bytes();
    }

    void flip(uint64_t offset) {
        const auto file = disk_.open(path).value();
        std::byte byte{};
        REQUIRE(file->read_at(offset, {&byte, 1}));
        byte ^= std::byte{1};
        const iovec part{&byte, 1};
        REQUIRE(file->write_at(offset, {&part, 1}));
    }

    Scanned scan(SegmentIdentity known = identity) {
        Scanned found;
        const auto file = disk_.open(path).value();
        LogScan scan(*file, known, std::min(end, file->size().value()));
        found.outcome = scan.run({[&](const ScannedRecord& record) -> Result<void> {
                                      found.sequences.push_back(record.header.sequence);
                                      return {};
                                  },
                                  [&](const LogDamage& damage) -> Result<void> {
                                      found.damages.push_back(damage);
                                      return {};
                                  },
                                  [&](uint64_t reached) { return reached < stop_at; }});
        found.next_sequence = scan.next_sequence();
        found.synced_bytes = scan.synced_bytes();
        return found;
    }

    SimulatedDisk disk_{0};
    std::vector<uint64_t> offsets;
    uint64_t end = 0;
    uint64_t stop_at = UINT64_MAX;
};

using Sequences = std::vector<uint64_t>;

}  // namespace

TEST_CASE("a log without damage is scanned record by record") {
    ScannedLog log;
    const Scanned found = log.scan();
    CHECK(found.outcome);
    CHECK(found.sequences == Sequences{11, 12, 13, 14, 15});
    CHECK(found.damages.empty());
    CHECK(found.next_sequence == 16);
    CHECK(found.synced_bytes == log.offsets[3]);
}

TEST_CASE("a body that is damaged costs its record alone, whose header tells what it was") {
    ScannedLog log;
    log.flip(log.offsets[1] + sizeof(format::RecordHeader) + 70);
    const Scanned found = log.scan();
    CHECK(found.sequences == Sequences{11, 13, 14, 15});
    REQUIRE(found.damages.size() == 1);
    CHECK(found.damages[0].offset == log.offsets[1]);
    CHECK(found.damages[0].bytes == log.offsets[2] - log.offsets[1]);
    CHECK(found.damages[0].header->count == rows_of_each);
    CHECK(found.damages[0].why == "the record's body fails its checksum");
}

TEST_CASE("behind a damaged header the next record is found, and how many are lost is counted") {
    ScannedLog log;
    log.flip(log.offsets[1] + 9);
    log.flip(log.offsets[2]);
    const Scanned found = log.scan();
    CHECK(found.sequences == Sequences{11, 14, 15});
    REQUIRE(found.damages.size() == 1);
    CHECK(found.damages[0].offset == log.offsets[1]);
    CHECK(found.damages[0].bytes == log.offsets[3] - log.offsets[1]);
    CHECK_FALSE(found.damages[0].header);
    CHECK(found.damages[0].records == 2);
}

TEST_CASE("a log that ends within a record has damage up to its end") {
    ScannedLog log;
    log.end -= 64;
    const Scanned found = log.scan();
    CHECK(found.sequences == Sequences{11, 12, 13, 14});
    REQUIRE(found.damages.size() == 1);
    CHECK(found.damages[0].offset == log.offsets[4]);
    CHECK(found.damages[0].why == "the record's body is cut off");
}

TEST_CASE("a log whose first sequence is not known is scanned all the same") {
    ScannedLog log;
    SegmentIdentity known = identity;
    known.first_sequence = 0;
    log.flip(log.offsets[0]);
    const Scanned found = log.scan(known);
    CHECK(found.sequences == Sequences{12, 13, 14, 15});
    REQUIRE(found.damages.size() == 1);
    CHECK(found.damages[0].records == 0);
}

TEST_CASE("records that are missing between two are told") {
    ScannedLog log;
    SegmentIdentity known = identity;
    known.first_sequence = 9;
    const Scanned found = log.scan(known);
    CHECK(found.sequences.size() == 5);
    REQUIRE(found.damages.size() == 1);
    CHECK(found.damages[0].bytes == 0);
    CHECK(found.damages[0].records == 2);
}

TEST_CASE("what the disk can't read is damage, and the scan goes on behind it") {
    ScannedLog log;
    int reads = 0;
    log.disk_.fault = [&](const DiskCall& call) { return call.name == "read_at" && ++reads == 3 ? EIO : 0; };
    const Scanned found = log.scan();
    CHECK(found.outcome);
    REQUIRE(found.damages.size() == 1);
    CHECK(found.damages[0].offset == log.offsets[1]);
    CHECK(found.damages[0].why.find("Input/output error") != std::string::npos);
    CHECK(found.sequences.size() >= 3);
}

TEST_CASE("a scan stops when it is told to") {
    ScannedLog log;
    log.stop_at = log.offsets[2];
    const Scanned found = log.scan();
    REQUIRE_FALSE(found.outcome);
    CHECK(found.outcome.error().code == ErrorCode::timed_out);
    CHECK(found.sequences == Sequences{11});
}
