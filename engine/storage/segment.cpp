// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/storage/read_ahead.h"

namespace vexfs {

using format::RecordHeader;

std::string Segment::file_name(uint64_t number) {
    return fmt::format("{:08}.log", number);
}

Segment::Segment(std::string path, const SegmentIdentity& identity, uint64_t bytes_max,
                 std::unique_ptr<File> file, std::unique_ptr<Mapping> mapping, uint64_t bytes,
                 const SyncMarks& marks)
    : path_(std::move(path)),
      identity_(identity),
      bytes_max_(bytes_max),
      file_(std::move(file)),
      mapping_(std::move(mapping)),
      bytes_(bytes),
      synced_bytes_(format::records_offset),
      marks_(marks) {}

Result<std::unique_ptr<Segment>> Segment::create(Disk& disk, const std::string& directory,
                                                 const SegmentIdentity& identity, uint64_t bytes_max,
                                                 std::string_view schema) {
    std::string path = fmt::format("{}/{}", directory, file_name(identity.number));
    VEXFS_ASSIGN(auto file, disk.create(path));
    std::string first = make_segment_page(identity, schema);
    const iovec part{first.data(), first.size()};
    VEXFS_TRY(file->write_at(0, {&part, 1}));
    VEXFS_TRY(file->sync());
    VEXFS_TRY(disk.sync_directory(directory));
    VEXFS_ASSIGN(auto mapping, file->map(bytes_max));
    return std::unique_ptr<Segment>(new Segment(std::move(path), identity, bytes_max, std::move(file),
                                                std::move(mapping), format::records_offset, SyncMarks{}));
}

Result<std::unique_ptr<Segment>> Segment::open(Disk& disk, const std::string& directory,
                                               const SegmentIdentity& identity, uint64_t bytes_max) {
    std::string path = fmt::format("{}/{}", directory, file_name(identity.number));
    VEXFS_ASSIGN(auto file, disk.open(path));
    VEXFS_ASSIGN(const uint64_t bytes, file->size());
    const auto damaged = [&](std::string_view why) {
        return fail(ErrorCode::corrupt, fmt::format("{}: {}", path, why));
    };
    if (bytes < format::records_offset) return damaged("the file is shorter than a segment's header");
    VEXFS_ASSIGN(auto mapping, file->map(std::max(bytes, bytes_max)));

    const SegmentPage page(mapping->data(), format::records_offset);
    const auto found = segment_identity(page);
    if (!found) {
        if (found.error().code == ErrorCode::unsupported)
            return fail(ErrorCode::unsupported, fmt::format("{}: {}", path, found.error().message));
        return damaged(found.error().message);
    }
    if (*found != identity) return damaged("the header is that of another segment");
    return std::unique_ptr<Segment>(new Segment(std::move(path), identity, std::max(bytes, bytes_max),
                                                std::move(file), std::move(mapping), bytes,
                                                sync_marks(page, identity.seed())));
}

Result<void> Segment::replay(uint64_t sealed_bytes, FunctionRef<Result<void>(const RecordView&)> apply,
                             uint64_t synced_bytes, uint64_t read_ahead_bytes) {
    const uint64_t size = bytes_;
    const uint64_t end = sealed_bytes != 0 ? sealed_bytes : size;
    if (sealed_bytes == 0) synced_bytes = std::max(synced_bytes, marks_.synced_bytes);
    if (const uint64_t needed = std::max(end, synced_bytes); size < needed)
        return fail(ErrorCode::corrupt,
                    fmt::format("{} at offset {}: the file ends here, {} bytes of it were on the disk", path_,
                                size, needed),
                    "restore the collection from a backup");
    uint64_t offset = format::records_offset;
    uint64_t sequence = identity_.first_sequence;
    ReadAhead ahead(read_ahead_bytes);
    while (offset < end) {
        ahead.at(mapping_->data() + offset);
        auto record = read_record(mapping_->data(), end, offset, seed());
        if (record && record->header->sequence != sequence)
            record = fail(ErrorCode::corrupt, fmt::format("record {} stands where {} belongs",
                                                          record->header->sequence, sequence));
        if (!record) {
            if (sealed_bytes != 0 || offset < synced_bytes || offset < synced_bytes_seen_after(offset, end)) {
                return fail(ErrorCode::corrupt,
                            fmt::format("{} at offset {}: {}", path_, offset, record.error().message),
                            "restore the collection from a backup");
            }
            VEXFS_TRY(file_->truncate(offset));
            VEXFS_TRY(file_->sync());
            break;
        }
        VEXFS_TRY(apply(*record));
        synced_bytes = std::max(synced_bytes, record->header->synced_bytes);
        ++sequence;
        offset = record->next;
    }
    bytes_ = offset;
    if (sealed_bytes == 0) {
        // What was read may be in the page cache alone: the process died, not the machine, or a sync failed.
        // Then the cache takes these pages for clean, and only what is written again is ever synced.
        VEXFS_TRY(write_again(std::max(synced_bytes, format::records_offset), offset));
        return sync();
    }
    synced_bytes_ = offset;
    return {};
}

Result<void> Segment::write_again(uint64_t offset, uint64_t end) {
    std::vector<std::byte> copy(std::min<uint64_t>(end - std::min(offset, end), uint64_t{1} << 20));
    while (offset < end) {
        const size_t bytes = std::min<uint64_t>(copy.size(), end - offset);
        std::memcpy(copy.data(), mapping_->data() + offset, bytes);
        const iovec part{copy.data(), bytes};
        VEXFS_TRY(file_->write_at(offset, {&part, 1}));
        offset += bytes;
    }
    return {};
}

// Records are aligned, so every one behind a damaged place can be found; what they say was synced cannot be a
// torn tail.
uint64_t Segment::synced_bytes_seen_after(uint64_t offset, uint64_t end) const {
    uint64_t synced = 0;
    for (uint64_t at = offset; at + sizeof(RecordHeader) <= end; at += format::record_alignment) {
        const auto* header = reinterpret_cast<const RecordHeader*>(mapping_->data() + at);
        if (header->magic != format::record_magic) continue;
        if (header->header_checksum != checksum_of(*header, seed())) continue;
        synced = std::max(synced, header->synced_bytes);
    }
    return synced;
}

Result<RecordView> Segment::append(const RecordContent& content, uint64_t sequence, bool durable) {
    const uint64_t offset = bytes_;
    const RecordWriter writer(content, identity_.dimension, sequence, synced_bytes_, seed());
    if (writer.bytes() > bytes_max_ - offset)
        return fail(ErrorCode::too_large,
                    fmt::format("a write of {} bytes does not fit a segment", writer.bytes()));
    auto written = durable ? write_and_sync(offset, writer.parts()) : file_->write_at(offset, writer.parts());
    if (!written) {
        if (durable && written.error().code == ErrorCode::io_error) {
            broken_ = true;
            return tl::unexpected(written.error());
        }
        // A part of the record may be there. Behind it, later records would be lost at a recovery.
        if (auto cut = file_->truncate(offset); !cut) {
            broken_ = true;
            return fail(ErrorCode::io_error,
                        fmt::format("{}, and then: {}", written.error().message, cut.error().message));
        }
        return tl::unexpected(written.error());
    }
    bytes_.store(offset + writer.bytes(), std::memory_order_release);
    if (durable) note_synced(bytes_);
    return record_at(offset);
}

RecordView Segment::record_at(uint64_t offset) const {
    const auto* header = reinterpret_cast<const RecordHeader*>(mapping_->data() + offset);
    const uint64_t body = offset + sizeof(RecordHeader);
    return view_of(header, mapping_->data() + body, body + header->body_bytes);
}

Result<void> Segment::sync() {
    const std::lock_guard lock(sync_mutex_);
    if (sync_failure_) return tl::unexpected(*sync_failure_);
    const uint64_t target = bytes();
    if (auto done = file_->sync(); !done) {
        sync_failure_ = done.error();
        return done;
    }
    note_synced(target);
    return {};
}

Result<void> Segment::mark_synced() {
    const uint64_t synced = synced_bytes_;
    if (synced <= std::max(marks_.synced_bytes, format::records_offset)) return {};
    format::SyncMark mark = make_sync_mark(synced, seed());
    const iovec part{&mark, sizeof mark};
    if (!file_->write_at(format::sync_mark_offsets[marks_.next], {&part, 1})) return {};
    marks_.synced_bytes = synced;
    marks_.next = 1 - marks_.next;
    return bytes() == synced ? sync() : Result<void>();
}

Result<void> Segment::write_and_sync(uint64_t offset, std::span<const iovec> parts) {
    const std::lock_guard lock(sync_mutex_);
    if (sync_failure_) return tl::unexpected(*sync_failure_);
    auto done = file_->write_and_sync(offset, parts);
    if (!done && done.error().code == ErrorCode::io_error) sync_failure_ = done.error();
    return done;
}

void Segment::note_synced(uint64_t bytes) {
    uint64_t known = synced_bytes_;
    while (known < bytes && !synced_bytes_.compare_exchange_weak(known, bytes)) {
    }
}

}  // namespace vexfs
