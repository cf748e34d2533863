// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/salvaged_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/base/xxh3.h"
#include "engine/storage/segment.h"

namespace vexfs {

using format::RecordHeader;
using format::RecordKind;

namespace {

constexpr size_t piece_bytes = size_t{1} << 20;

}  // namespace

Result<SalvagedLog> SalvagedLog::create(Disk& disk, const std::string& directory,
                                        const SegmentIdentity& identity, std::string_view schema) {
    VEXFS_ASSIGN(auto file,
                 disk.create(fmt::format("{}/{}", directory, Segment::file_name(identity.number))));
    std::string page = make_segment_page(identity, schema);
    const iovec part{page.data(), page.size()};
    VEXFS_TRY(file->write_at(0, {&part, 1}));
    return SalvagedLog(std::move(file), identity);
}

RecordKind SalvagedLog::kind_of(const ScannedRecord& record) {
    const auto kind = static_cast<RecordKind>(record.header.kind);
    return kind == RecordKind::moved ? RecordKind::insert : kind;
}

Result<void> SalvagedLog::append(const File& from, const ScannedRecord& record) {
    RecordHeader header = record.header;
    header.kind = static_cast<uint16_t>(kind_of(record));
    // Numbers of rows, which stand between ids and vectors, are those of the old logs.
    const uint64_t ids_bytes = format::align_up(uint64_t{header.count} * sizeof(uint64_t));
    const uint64_t left_out = header.kind == record.header.kind ? 0 : ids_bytes;
    Xxh3 read, written;
    std::vector<std::byte> buffer(std::min<uint64_t>(piece_bytes, header.body_bytes));
    header.body_bytes = 0;
    const auto write = [&](std::span<const std::byte> bytes) -> Result<void> {
        const iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
        VEXFS_TRY(file_->write_at(bytes_ + sizeof header + header.body_bytes, {&part, 1}));
        written.add(bytes);
        header.body_bytes += bytes.size();
        return {};
    };
    for (uint64_t done = 0; done < record.header.body_bytes;) {
        const std::span piece(buffer.data(),
                              std::min<uint64_t>(buffer.size(), record.header.body_bytes - done));
        VEXFS_TRY(from.read_at(record.body() + done, piece));
        read.add(piece);
        const auto within = [&](uint64_t at) { return std::clamp(at, done, done + piece.size()) - done; };
        VEXFS_TRY(write(piece.first(within(ids_bytes))));
        VEXFS_TRY(write(piece.subspan(within(ids_bytes + left_out))));
        done += piece.size();
    }
    if (record.header.body_checksum != read.digest()) {
        return fail(ErrorCode::corrupt,
                    fmt::format("the record at offset {} is not read twice alike", record.offset),
                    "the disk or the memory fails: see the kernel's log");
    }
    header.sequence = next_sequence();
    header.synced_bytes = 0;
    header.body_checksum = written.digest();
    header.header_checksum = checksum_of(header, identity_.seed());
    const iovec part{&header, sizeof header};
    VEXFS_TRY(file_->write_at(bytes_, {&part, 1}));
    bytes_ += sizeof header + header.body_bytes;
    ++records_;
    if (kind_of(record) == RecordKind::insert) rows_ += header.count;
    return {};
}

}  // namespace vexfs
