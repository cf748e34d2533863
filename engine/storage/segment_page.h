// SPDX-License-Identifier: Apache-2.0
// The first page of a segment's log (format.h): who the segment is, the schema, and what was synced.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/storage/format.h"

namespace vexfs {

struct SegmentIdentity {
    uint64_t number = 0;
    uint64_t first_sequence = 0;
    uint64_t salt = 0;
    uint32_t dimension = 0;

    uint64_t seed() const { return salt + number; }  // of the checksums of records and marks

    bool operator==(const SegmentIdentity&) const = default;
};

using SegmentPage = std::span<const std::byte, format::records_offset>;

// A page without marks. A schema that doesn't fit is left out.
std::string make_segment_page(const SegmentIdentity& identity, std::string_view schema);

// corrupt, with the reason alone, for a damaged header; unsupported for one of another version.
Result<SegmentIdentity> segment_identity(SegmentPage page);
// The text of the SchemaCopy, "" where there is none. corrupt, with the reason alone, for a damaged one.
Result<std::string> schema_copy(SegmentPage page);

// Which SyncMark is which. One that is damaged counts as none.
struct SyncMarks {
    uint64_t synced_bytes = 0;  // the greater of the two
    size_t next = 0;            // the one to write next
    std::array<bool, 2> damaged{};
};
SyncMarks sync_marks(SegmentPage page, uint64_t seed);
format::SyncMark make_sync_mark(uint64_t synced_bytes, uint64_t seed);

// The first byte outside of header, schema and marks that is not zero, or records_offset.
uint64_t first_stray_byte(SegmentPage page);

}  // namespace vexfs
