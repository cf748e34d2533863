// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/salvaged_log.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <vector>

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
    return static_cast<RecordKind>(record.header.kind);
}

Result<void> SalvagedLog::append(const File& from, const ScannedRecord& record) {
    const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash(XXH3_createState(), XXH3_freeState);
    XXH3_64bits_reset(hash.get());
    std::vector<std::byte> buffer(std::min<uint64_t>(piece_bytes, record.header.body_bytes));
    for (uint64_t done = 0; done < record.header.body_bytes;) {
        const std::span piece(buffer.data(),
                              std::min<uint64_t>(buffer.size(), record.header.body_bytes - done));
        VEXFS_TRY(from.read_at(record.body() + done, piece));
        XXH3_64bits_update(hash.get(), piece.data(), piece.size());
        const iovec part{piece.data(), piece.size()};
        VEXFS_TRY(file_->write_at(bytes_ + sizeof(RecordHeader) + done, {&part, 1}));
        done += piece.size();
    }
    if (record.header.body_checksum != XXH3_64bits_digest(hash.get())) {
        return fail(ErrorCode::corrupt,
                    fmt::format("the record at offset {} is not read twice alike", record.offset),
                    "the disk or the memory fails: see the kernel's log");
    }
    RecordHeader header = record.header;
    header.sequence = next_sequence();
    header.synced_bytes = 0;
    header.header_checksum = checksum_of(header, identity_.seed());
    const iovec part{&header, sizeof header};
    VEXFS_TRY(file_->write_at(bytes_, {&part, 1}));
    bytes_ += sizeof header + header.body_bytes;
    ++records_;
    if (kind_of(record) == RecordKind::insert) rows_ += header.count;
    return {};
}

}  // namespace vexfs
