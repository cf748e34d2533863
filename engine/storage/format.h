// SPDX-License-Identifier: Apache-2.0
// The files of a collection. All numbers little-endian; XXH3-64 from xxHash,
// https://github.com/Cyan4973/xxHash.
//
//   MANIFEST          schema, segments and index, replaced as a whole (manifest.h)
//   NNNNNNNN.log      a segment's log: a SegmentHeader, then records; the last segment is the active one, the
//                     others are sealed
//   NNNNNNNN.hnsw     a file of the index (graph/part_file.h, index/hnsw_file.h)
//
// The first records_offset bytes of a log are the SegmentHeader; at schema_offset a SchemaCopy; at each of
// sync_mark_offsets, in sectors of their own, a SyncMark; and zeros. A log that has nothing but zeros in the
// place of one of these has none.
//
// Records are only appended. A record holds all that one call wrote, so that a crash leaves all of it or
// nothing:
//
//   RecordHeader, then the body, each part padded with zeros to record_alignment:
//     insert     u64 ids[count]; f32 vectors[count][dimension]; metadata entries[count]
//     erase      u64 ids[count]
//     metadata   u64 ids[count]; metadata entries[count]
//     moved      u64 ids[count]; u64 rows[count]; f32 vectors[count][dimension]; metadata entries[count]
//
// The points of inserts are rows, numbered as they come; the manifest's first_row is the number of the first.
// A moved record holds rows of older logs, with their numbers and the metadata that they had by then, so that
// the oldest log can go.
//
// A metadata entry is a u32 length and that many bytes of JSON text, 0 for none; entries stand one behind the
// other.
#pragma once

#include <cstdint>
#include <type_traits>

namespace vexfs::format {

inline constexpr uint32_t version = 1;
inline constexpr uint64_t segment_magic = 0x474f'4c53'4658'4556;  // "VEXFSLOG"
inline constexpr uint32_t record_magic = 0x3152'5856;             // "VXR1"
inline constexpr uint64_t record_alignment = 64;
inline constexpr uint64_t records_offset = 4096;  // of the first record
inline constexpr uint64_t schema_offset = 64;
inline constexpr uint64_t sync_mark_magic = 0x434e'5953'4658'4556;  // "VEXFSYNC"
inline constexpr uint64_t sync_mark_offsets[2] = {3072, 3584};

struct SegmentHeader {
    uint64_t magic = segment_magic;
    uint32_t version = format::version;
    uint32_t dimension = 0;
    uint64_t number = 0;
    uint64_t first_sequence = 0;
    uint64_t salt = 0;  // random, one for each collection; seeds the checksums of the records
    uint64_t reserved[2] = {};
    uint64_t checksum = 0;  // XXH3-64 of what stands before it
};
static_assert(sizeof(SegmentHeader) == 64 && std::is_trivially_copyable_v<SegmentHeader>);

// The collection's schema as it was when the segment began, from which a lost manifest is made again.
struct SchemaCopy {
    uint64_t bytes = 0;     // of JSON text that follows
    uint64_t checksum = 0;  // XXH3-64 of the text, seeded with bytes
};
static_assert(sizeof(SchemaCopy) == 16 && std::is_trivially_copyable_v<SchemaCopy>);

// What was on the disk when a log had nothing to do: damage before that can't be a torn tail. The two are
// written in turn, so that one is whole whenever the power is cut; the greater one holds.
struct SyncMark {
    uint64_t magic = sync_mark_magic;
    uint64_t synced_bytes = 0;  // of this log
    uint64_t reserved[5] = {};
    uint64_t checksum = 0;  // XXH3-64 of what stands before it, seeded with salt + segment number
};
static_assert(sizeof(SyncMark) == 64 && std::is_trivially_copyable_v<SyncMark>);

enum class RecordKind : uint16_t { insert = 1, erase = 2, metadata = 3, moved = 4 };

struct RecordHeader {
    uint32_t magic = record_magic;
    uint16_t kind = 0;
    uint16_t flags = 0;
    uint32_t count = 0;         // ids in the body
    uint32_t dimension = 0;     // of its vectors, where it has any
    uint64_t sequence = 0;      // one more than the record's before it, across segments
    uint64_t body_bytes = 0;    // a multiple of record_alignment
    uint64_t synced_bytes = 0;  // of this log, known to be on the disk when the record was written
    uint64_t import_key = 0;    // ImportMark of the write, 0 for none
    uint64_t import_rows_done = 0;
    uint64_t reserved[7] = {};
    uint64_t body_checksum = 0;    // XXH3-64 of the body
    uint64_t header_checksum = 0;  // XXH3-64 of what stands before it, seeded with salt + segment number
};
static_assert(sizeof(RecordHeader) == 128 && std::is_trivially_copyable_v<RecordHeader>);

constexpr uint64_t align_up(uint64_t bytes) {
    return (bytes + record_alignment - 1) & ~(record_alignment - 1);
}

}  // namespace vexfs::format
