// SPDX-License-Identifier: Apache-2.0
// The input of the segment's target: how the log is replayed, the parts of the log's first page, then its
// records. The zeros of the page are left out, so that inputs are small.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/storage/segment.h"

namespace vexfs::fuzz {

struct SegmentInput {
    uint8_t sealed;        // odd: the log must be whole
    uint8_t synced_units;  // of records' alignment: behind the first record's place, known to be on the disk
    uint8_t reserved[6];
    format::SegmentHeader header;
    format::SchemaCopy schema;
    char schema_text[112];
    format::SyncMark marks[2];
};
static_assert(sizeof(SegmentInput) == 328);

// Who the log must say that it is.
inline constexpr SegmentIdentity fuzzed_segment{3, 1, 0x1234'5678'9abc'def0, 3};

// The first page of the log, and back.
std::string page_of(const SegmentInput& input);
void take_page(SegmentInput& input, std::string_view page);

}  // namespace vexfs::fuzz
