// SPDX-License-Identifier: Apache-2.0
// Records of a segment's log: made from what a call writes, and read back where they lie in the mapped file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/collection/collection.h"
#include "engine/storage/disk.h"
#include "engine/storage/format.h"

namespace vexfs {

constexpr bool is_known(format::RecordKind kind) {
    return kind >= format::RecordKind::insert && kind <= format::RecordKind::moved;
}
constexpr bool has_vectors(format::RecordKind kind) {
    return kind == format::RecordKind::insert || kind == format::RecordKind::moved;
}
// Of a header, as header_checksum. seed is the segment's salt + number.
uint64_t checksum_of(const format::RecordHeader& header, uint64_t seed);
// Of a body's ids, rows and vectors; metadata stand behind them.
uint64_t fixed_bytes(const format::RecordHeader& header);
// What a header says that none can, whatever its checksum says; "" for nothing.
std::string contradiction_in(const format::RecordHeader& header);

// What one record says. Spans refer to the caller's memory (writing) or to the mapped log (reading).
struct RecordContent {
    format::RecordKind kind = format::RecordKind::insert;
    std::span<const uint64_t> ids;
    std::span<const float> vectors;              // [ids.size(), dimension], of an insert or moved
    std::span<const std::string_view> metadata;  // [ids.size()] or empty: none has any
    ImportMark mark;
    std::span<const uint64_t> rows{};  // [ids.size()], of moved
};

// A record ready to be written: the parts that make it up, without a copy of the vectors.
class RecordWriter {
  public:
    // `content` must outlive the writer. seed is the segment's salt + number.
    RecordWriter(const RecordContent& content, uint32_t dimension, uint64_t sequence, uint64_t synced_bytes,
                 uint64_t seed);
    RecordWriter(const RecordWriter&) = delete;
    RecordWriter& operator=(const RecordWriter&) = delete;

    std::span<const iovec> parts() const { return parts_; }
    uint64_t bytes() const { return sizeof(header_) + header_.body_bytes; }

  private:
    void add(const void* data, size_t bytes);

    format::RecordHeader header_;
    std::vector<std::byte> metadata_;
    std::vector<iovec> parts_;
};

// A record where it lies. Its parts are offsets into the log, so that a row can be found again without the
// record.
struct RecordView {
    const format::RecordHeader* header;
    const uint64_t* ids;
    const uint64_t* rows;       // null but for moved
    const float* vectors;       // null but for an insert and moved
    const std::byte* metadata;  // the first entry; null for an erase
    uint64_t next;              // offset of the record behind
};

// A record that is known to be whole.
RecordView view_of(const format::RecordHeader* header, const std::byte* body, uint64_t next);

// The record at `offset` of a log of `bytes` bytes. corrupt, with the reason, for anything that is not a
// whole, undamaged record.
Result<RecordView> read_record(const std::byte* log, uint64_t bytes, uint64_t offset, uint64_t seed);

// The JSON text of a metadata entry, and where the entry behind it begins.
inline std::string_view metadata_text(const std::byte* entry) {
    uint32_t length = 0;
    std::memcpy(&length, entry, sizeof length);
    return {reinterpret_cast<const char*>(entry + sizeof length), length};
}
inline const std::byte* next_metadata(const std::byte* entry) {
    return entry + sizeof(uint32_t) + metadata_text(entry).size();
}

}  // namespace vexfs
