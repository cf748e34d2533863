// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/stored_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/base/xxh3.h"
#include "engine/collection/snapshot.h"
#include "engine/index/checksummed_file.h"
#include "engine/storage/log_scan.h"
#include "engine/storage/segment.h"

namespace vexfs {
namespace {

using format::RecordHeader;
using Page = std::array<std::byte, format::records_offset>;

tl::unexpected<Error> damaged(const std::string& path, uint64_t offset, std::string_view why) {
    return fail(ErrorCode::corrupt, fmt::format("{} at offset {}: {}", path, offset, why));
}

Result<SegmentIdentity> identity_of(const File& file, const std::string& path, Page& page) {
    VEXFS_TRY(file.read_at(0, page));
    auto identity = segment_identity(page);
    if (!identity) return damaged(path, 0, identity.error().message);
    return identity;
}

Result<uint64_t> log_digest(const File& file, const std::string& path, uint64_t bytes) {
    Page page;
    VEXFS_ASSIGN(const SegmentIdentity identity, identity_of(file, path, page));
    Xxh3 hash;
    // Not the marks behind it: they may be written once more when the segment is sealed already.
    hash.add(page.data(), sizeof(format::SegmentHeader));
    uint64_t offset = format::records_offset;
    while (offset < bytes) {
        RecordHeader header;
        if (bytes - offset < sizeof header) return damaged(path, offset, "the record's header is cut off");
        VEXFS_TRY(file.read_at(offset, std::as_writable_bytes(std::span(&header, 1))));
        if (header.magic != format::record_magic ||
            header.header_checksum != xxh3(&header, offsetof(RecordHeader, header_checksum), identity.seed()))
            return damaged(path, offset, "no record begins here");
        hash.add(&header, sizeof header);
        offset += sizeof header;
        if (header.body_bytes > bytes - offset) return damaged(path, offset, "the record's body is cut off");
        offset += header.body_bytes;
    }
    return hash.digest();
}

Result<uint64_t> index_digest(const File& file, const std::string& path, uint64_t bytes) {
    uint64_t checksum = 0;
    if (bytes < sizeof checksum) return damaged(path, bytes, "the file is shorter than its checksum");
    VEXFS_TRY(file.read_at(bytes - sizeof checksum, std::as_writable_bytes(std::span(&checksum, 1))));
    return checksum;
}

// Levels of brackets in a text that is JSON.
int depth_of(std::string_view json) {
    int depth = 0, most = 0;
    bool quoted = false;
    for (size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (quoted) {
            if (c == '\\') ++i;
            if (c == '"') quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            most = std::max(most, ++depth);
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return most;
}

bool is_metadata(std::string_view text, int depth_max) {
    if (text.empty()) return true;
    const size_t first = text.find_first_not_of(" \t\r\n");
    return text.size() <= metadata_bytes_max && first != std::string_view::npos && text[first] == '{' &&
           nlohmann::json::accept(text) && depth_of(text) <= depth_max;
}

}  // namespace

Result<StoredFile> describe_file(const File& file, const std::string& path, const std::string& name) {
    StoredFile described{name, 0, 0};
    VEXFS_ASSIGN(described.bytes, file.size());
    VEXFS_ASSIGN(described.digest, is_log_name(name) ? log_digest(file, path, described.bytes)
                                                     : index_digest(file, path, described.bytes));
    return described;
}

Result<void> verify_file(Disk& disk, const File& file, const std::string& path, const std::string& name) {
    if (!is_log_name(name)) {
        VEXFS_ASSIGN(ChecksummedReader index, ChecksummedReader::open(disk, path));
        return index.verify();
    }
    VEXFS_ASSIGN(const uint64_t bytes, file.size());
    Page page;
    VEXFS_ASSIGN(const SegmentIdentity identity, identity_of(file, path, page));
    LogScan scan(file, identity, bytes);
    const auto take = [](const ScannedRecord&) { return Result<void>(); };
    const auto refuse = [&](const LogDamage& damage) -> Result<void> {
        return damaged(path, damage.offset, damage.why);
    };
    const auto go_on = [](uint64_t) { return true; };
    return scan.run({take, refuse, go_on});
}

Result<void> check_log_content(Disk& disk, const std::string& directory, const Manifest& manifest,
                               const ManifestSegment& segment, int metadata_depth_max) {
    const SegmentIdentity identity{segment.number, segment.first_sequence, manifest.salt,
                                   manifest.schema.dimension};
    VEXFS_ASSIGN(const auto log, Segment::open(disk, directory, identity, segment.bytes));
    return log->replay(segment.bytes, [&](const RecordView& record) -> Result<void> {
        const auto refused = [&](std::string_view why) {
            return fail(ErrorCode::corrupt,
                        fmt::format("{}/{}: record {} holds {}", directory,
                                    Segment::file_name(segment.number), record.header->sequence, why));
        };
        const uint64_t values = uint64_t{record.header->count} * manifest.schema.dimension;
        if (record.vectors != nullptr &&
            (record.header->dimension != manifest.schema.dimension ||
             !std::all_of(record.vectors, record.vectors + values, [](float x) { return std::isfinite(x); })))
            return refused("vectors that no collection takes");
        const std::byte* entry = record.metadata;
        for (uint32_t i = 0; entry != nullptr && i < record.header->count;
             ++i, entry = next_metadata(entry)) {
            if (!is_metadata(metadata_text(entry), metadata_depth_max))
                return refused("metadata that no collection takes");
        }
        return {};
    });
}

}  // namespace vexfs
