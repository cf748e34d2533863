// SPDX-License-Identifier: Apache-2.0
// Reads a log from its first record to its end, past what is damaged: records are aligned and have a magic
// and a seeded checksum, so that the next one can be found. Through File::read_at and in pieces, since a
// mapping of a bad sector would kill the process, and a record may have a gibibyte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/base/result.h"
#include "engine/storage/disk.h"
#include "engine/storage/record.h"
#include "engine/storage/segment_page.h"

namespace vexfs {

// A record that is whole.
struct ScannedRecord {
    format::RecordHeader header;
    uint64_t offset = 0;

    uint64_t body() const { return offset + sizeof header; }
    uint64_t next() const { return body() + header.body_bytes; }
};

struct LogDamage {
    uint64_t offset = 0;
    uint64_t bytes = 0;  // 0 where records are missing between two that are whole
    std::string why;
    std::optional<format::RecordHeader> header;  // where it is whole, and the body isn't
    uint64_t records = 0;                        // that are lost by it, 0 where no record behind it tells
};

class LogScan {
  public:
    struct Visitor {
        FunctionRef<Result<void>(const ScannedRecord&)> record;
        FunctionRef<Result<void>(const LogDamage&)> damage;
        // How far it has come; false stops.
        FunctionRef<bool(uint64_t offset)> reached;
    };

    // Of the records below `end`. identity.first_sequence may be 0 where it is not known.
    LogScan(const File& file, const SegmentIdentity& identity, uint64_t end);

    // The visitor's errors, and timed_out where it stopped the scan. What the disk can't read is damage.
    Result<void> run(const Visitor& visitor);

    uint64_t next_sequence() const { return sequence_; }  // of a record behind
    // By what the records say, damaged ones as well.
    uint64_t synced_bytes() const { return synced_bytes_; }

  private:
    // The header there, or why there is none.
    Result<format::RecordHeader> header_at(uint64_t offset) const;
    // Why the body is damaged, "" where it is whole; an error where the visitor stops.
    Result<std::string> fault_of(const ScannedRecord& record, const Visitor& visitor);
    // Where the next header is that may follow, or end_.
    Result<uint64_t> resume_from(uint64_t offset, const Visitor& visitor);
    bool may_follow(const std::byte* at, uint64_t offset) const;
    Result<void> reached(uint64_t offset, const Visitor& visitor) const;

    const File& file_;
    const SegmentIdentity identity_;
    const uint64_t end_;
    uint64_t sequence_;
    uint64_t synced_bytes_ = 0;
    std::vector<std::byte> buffer_;
};

}  // namespace vexfs
