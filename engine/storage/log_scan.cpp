// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/log_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/base/xxh3.h"
#include "engine/storage/entry_walk.h"

namespace vexfs {

using format::RecordHeader;
using format::RecordKind;

namespace {

constexpr size_t piece_bytes = size_t{1} << 20;
constexpr uint64_t sector_bytes = 4096;  // that are passed over where the disk can't read them

}  // namespace

LogScan::LogScan(const File& file, const SegmentIdentity& identity, uint64_t end)
    : file_(file),
      identity_(identity),
      end_(end),
      sequence_(identity.first_sequence),
      buffer_(std::min<uint64_t>(piece_bytes, end - std::min(end, format::records_offset))) {}

Result<void> LogScan::run(const Visitor& visitor) {
    uint64_t offset = format::records_offset;
    while (offset < end_) {
        const auto header = header_at(offset);
        if (header && sequence_ != 0 && header->sequence > sequence_) {
            const uint64_t missing = header->sequence - sequence_;
            VEXFS_TRY(visitor.damage({offset, 0,
                                      fmt::format("records {} to {} are missing before this place", sequence_,
                                                  header->sequence - 1),
                                      std::nullopt, missing}));
        }
        if (header) {
            const ScannedRecord record{*header, offset};
            synced_bytes_ = std::max(synced_bytes_, header->synced_bytes);
            sequence_ = header->sequence + 1;
            if (end_ - record.body() < header->body_bytes) {
                return visitor.damage({offset, end_ - offset, "the record's body is cut off", *header, 1});
            }
            VEXFS_ASSIGN(const std::string fault, fault_of(record, visitor));
            if (fault.empty()) {
                VEXFS_TRY(visitor.record(record));
            } else {
                VEXFS_TRY(visitor.damage({offset, record.next() - offset, fault, *header, 1}));
            }
            offset = record.next();
            VEXFS_TRY(reached(offset, visitor));
            continue;
        }
        VEXFS_ASSIGN(const uint64_t next, resume_from(offset + format::record_alignment, visitor));
        LogDamage damage{offset, next - offset, header.error().message, std::nullopt, 0};
        if (next < end_) {
            const uint64_t sequence = header_at(next)->sequence;
            if (sequence_ != 0) damage.records = sequence - sequence_;
            sequence_ = sequence;
        }
        VEXFS_TRY(visitor.damage(damage));
        offset = next;
    }
    return {};
}

Result<RecordHeader> LogScan::header_at(uint64_t offset) const {
    RecordHeader header;
    if (end_ - offset < sizeof header) return fail(ErrorCode::corrupt, "the record's header is cut off");
    VEXFS_TRY(file_.read_at(offset, std::as_writable_bytes(std::span(&header, 1))));
    if (header.magic != format::record_magic) return fail(ErrorCode::corrupt, "no record begins here");
    if (header.header_checksum != checksum_of(header, identity_.seed()))
        return fail(ErrorCode::corrupt, "the record's header fails its checksum");
    if (header.sequence < sequence_) {
        return fail(ErrorCode::corrupt,
                    fmt::format("record {} stands where {} belongs", header.sequence, sequence_));
    }
    return header;
}

Result<std::string> LogScan::fault_of(const ScannedRecord& record, const Visitor& visitor) {
    const RecordHeader& header = record.header;
    const auto kind = static_cast<RecordKind>(header.kind);
    if (std::string fault = contradiction_in(header); !fault.empty()) return fault;
    const uint64_t fixed = fixed_bytes(header);
    if (has_vectors(kind) && header.dimension != identity_.dimension) {
        return fmt::format("the record has dimension {}, the collection has {}", header.dimension,
                           identity_.dimension);
    }
    EntryWalk entries(kind == RecordKind::erase ? 0 : header.count);
    Xxh3 hash;
    for (uint64_t done = 0; done < header.body_bytes;) {
        const std::span piece(buffer_.data(), std::min<uint64_t>(buffer_.size(), header.body_bytes - done));
        if (auto got = file_.read_at(record.body() + done, piece); !got) return got.error().message;
        hash.add(piece);
        const uint64_t before = std::min<uint64_t>(fixed - std::min(fixed, done), piece.size());
        entries.take(piece.subspan(before));
        done += piece.size();
        VEXFS_TRY(reached(record.body() + done, visitor));
    }
    if (header.body_checksum != hash.digest()) return std::string("the record's body fails its checksum");
    return entries.complete() ? std::string() : "the record's metadata do not fit its body";
}

bool LogScan::may_follow(const std::byte* at, uint64_t offset) const {
    RecordHeader header;
    std::memcpy(&header, at, sizeof header);
    return header.magic == format::record_magic &&
           header.header_checksum == checksum_of(header, identity_.seed()) && header.sequence >= sequence_ &&
           header.body_bytes <= end_ - offset - sizeof header;
}

Result<uint64_t> LogScan::resume_from(uint64_t offset, const Visitor& visitor) {
    uint64_t wanted = buffer_.size();
    while (end_ > offset && end_ - offset >= sizeof(RecordHeader)) {
        const std::span piece(buffer_.data(), std::min<uint64_t>(wanted, end_ - offset));
        if (!file_.read_at(offset, piece)) {
            // Sector by sector, until one is read that can be.
            offset += wanted == sector_bytes ? sector_bytes : 0;
            wanted = sector_bytes;
            continue;
        }
        size_t at = 0;
        for (; at + sizeof(RecordHeader) <= piece.size(); at += format::record_alignment) {
            if (may_follow(piece.data() + at, offset + at)) return offset + at;
        }
        offset += at;
        wanted = buffer_.size();
        VEXFS_TRY(reached(offset, visitor));
    }
    return end_;
}

Result<void> LogScan::reached(uint64_t offset, const Visitor& visitor) const {
    if (visitor.reached(std::min(offset, end_))) return {};
    return fail(ErrorCode::timed_out, "reading the log was stopped");
}

}  // namespace vexfs
