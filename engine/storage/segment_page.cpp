// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/segment_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/base/xxh3.h"

namespace vexfs {

using format::SchemaCopy;
using format::SegmentHeader;
using format::SyncMark;

namespace {

constexpr uint64_t schema_text_offset = format::schema_offset + sizeof(SchemaCopy);
constexpr uint64_t schema_bytes_max = format::sync_mark_offsets[0] - schema_text_offset;

uint64_t checksum_of(const SegmentHeader& header) {
    return xxh3(&header, offsetof(SegmentHeader, checksum));
}

uint64_t checksum_of(const SyncMark& mark, uint64_t seed) {
    return xxh3(&mark, offsetof(SyncMark, checksum), seed);
}

template <class T>
T at(SegmentPage page, uint64_t offset) {
    T value;
    std::memcpy(&value, page.data() + offset, sizeof value);
    return value;
}

bool all_zero(std::span<const std::byte> bytes) {
    return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace

std::string make_segment_page(const SegmentIdentity& identity, std::string_view schema) {
    std::string page(format::records_offset, '\0');
    SegmentHeader header;
    header.dimension = identity.dimension;
    header.number = identity.number;
    header.first_sequence = identity.first_sequence;
    header.salt = identity.salt;
    header.checksum = checksum_of(header);
    std::memcpy(page.data(), &header, sizeof header);
    if (schema.empty() || schema.size() > schema_bytes_max) return page;
    SchemaCopy copy;
    copy.bytes = schema.size();
    copy.checksum = xxh3(schema.data(), schema.size(), copy.bytes);
    std::memcpy(page.data() + format::schema_offset, &copy, sizeof copy);
    std::memcpy(page.data() + schema_text_offset, schema.data(), schema.size());
    return page;
}

Result<SegmentIdentity> segment_identity(SegmentPage page) {
    const auto header = at<SegmentHeader>(page, 0);
    if (header.magic != format::segment_magic) return fail(ErrorCode::corrupt, "this is not a segment's log");
    if (header.checksum != checksum_of(header))
        return fail(ErrorCode::corrupt, "the header fails its checksum");
    if (header.version != format::version) {
        return fail(ErrorCode::unsupported,
                    fmt::format("it has format version {}, this vexfs reads version {}", header.version,
                                format::version));
    }
    return SegmentIdentity{header.number, header.first_sequence, header.salt, header.dimension};
}

Result<std::string> schema_copy(SegmentPage page) {
    const auto copy = at<SchemaCopy>(page, format::schema_offset);
    if (copy.bytes == 0 && copy.checksum == 0) return std::string();
    if (copy.bytes > schema_bytes_max)
        return fail(ErrorCode::corrupt, "the copy of the schema is longer than its place");
    std::string text(copy.bytes, '\0');
    std::memcpy(text.data(), page.data() + schema_text_offset, text.size());
    if (copy.checksum != xxh3(text.data(), text.size(), copy.bytes))
        return fail(ErrorCode::corrupt, "the copy of the schema fails its checksum");
    return text;
}

SyncMarks sync_marks(SegmentPage page, uint64_t seed) {
    SyncMarks marks;
    for (size_t i = 0; i < marks.damaged.size(); ++i) {
        const auto place = page.subspan(format::sync_mark_offsets[i], sizeof(SyncMark));
        if (all_zero(place)) continue;
        const auto mark = at<SyncMark>(page, format::sync_mark_offsets[i]);
        marks.damaged[i] = mark.magic != format::sync_mark_magic || mark.checksum != checksum_of(mark, seed);
        if (marks.damaged[i] || mark.synced_bytes <= marks.synced_bytes) continue;
        marks.synced_bytes = mark.synced_bytes;
        marks.next = 1 - i;
    }
    return marks;
}

SyncMark make_sync_mark(uint64_t synced_bytes, uint64_t seed) {
    SyncMark mark;
    mark.synced_bytes = synced_bytes;
    mark.checksum = checksum_of(mark, seed);
    return mark;
}

uint64_t first_stray_byte(SegmentPage page) {
    const auto copy = at<SchemaCopy>(page, format::schema_offset);
    // Where the copy's length is damaged, what stands there may be its text.
    const uint64_t schema_bytes = schema_copy(page) ? copy.bytes : schema_bytes_max;
    const uint64_t schema_end = schema_text_offset + schema_bytes;
    const uint64_t used[][2] = {
        {0, schema_end},
        {format::sync_mark_offsets[0], format::sync_mark_offsets[0] + sizeof(SyncMark)},
        {format::sync_mark_offsets[1], format::sync_mark_offsets[1] + sizeof(SyncMark)}};
    for (uint64_t offset = 0; offset < page.size(); ++offset) {
        if (page[offset] == std::byte{0}) continue;
        if (std::ranges::none_of(used,
                                 [&](const auto& range) { return offset >= range[0] && offset < range[1]; }))
            return offset;
    }
    return page.size();
}

}  // namespace vexfs
