// SPDX-License-Identifier: Apache-2.0
// Disk space comes back as in a log-structured file system (Rosenblum & Ousterhout, SOSP 1991), from the
// log's head: rows of the oldest segment that are alive are written again at the log's end, under their
// numbers, and the segment is dropped. The oldest has nothing before it that its deletes would have to be
// kept for.
#include <fmt/format.h>

#include <thread>

#include "engine/collection/local_collection.h"

namespace vexfs {
namespace {

// Of the payload, what is garbage before reclaiming begins: by itself, and when it is asked for.
constexpr uint64_t garbage_divisor = 5;
constexpr uint64_t asked_divisor = 50;

constexpr uint64_t batch_bytes = uint64_t{1} << 20;  // written under the lock of the writers
constexpr auto retry_after = std::chrono::seconds(5);

}  // namespace

bool LocalCollection::reclaim_is_due(bool all) const {
    uint64_t payload = 0;
    for (const OpenSegment& segment : segments_) payload += segment.payload_bytes;
    const uint64_t garbage = payload - std::min(payload, live_bytes_);
    const uint64_t least = options_.garbage_bytes_min;
    return garbage >
           (all ? std::max(least / 64, payload / asked_divisor) : std::max(least, payload / garbage_divisor));
}

Result<bool> LocalCollection::reclaim_some(bool all) {
    const std::lock_guard reclaiming(reclaim_mutex_);
    const auto now = std::chrono::steady_clock::now();
    IoBudget* const budget = all ? nullptr : options_.background_io;
    if (!all && now < reclaim_after_.load()) return false;
    if (budget != nullptr && budget->overdrawn(now)) return false;
    uint64_t written = 0;
    {
        const std::lock_guard write(write_mutex_);
        if (!check_writable()) return false;
        if (!reclaim_is_due(all)) {
            note_background_error(reclaim_error_, {});
            return false;
        }
        const auto batch = [&]() -> Result<void> {
            if (segments_.size() == 1) VEXFS_TRY(roll_segment());
            VEXFS_ASSIGN(written, move_rows());
            if (written == 0) VEXFS_TRY(drop_oldest_segment());
            return {};
        };
        if (auto done = batch(); !done) {
            reclaim_after_ = now + retry_after;  // the disk is full, perhaps
            note_background_error(reclaim_error_, done);
            return tl::unexpected(done.error());
        }
    }
    note_background_error(reclaim_error_, {});
    if (budget != nullptr) budget->take(written);
    return true;
}

// The next live rows of the oldest segment, as many as a batch takes.
Result<uint64_t> LocalCollection::move_rows() {
    const Segment& oldest = *segments_.front().log;
    if (reclaim_.segment != oldest.identity().number)
        reclaim_ = {oldest.identity().number, format::records_offset, 0};
    std::vector<uint64_t> ids, rows;
    std::vector<float> vectors;
    std::vector<std::string_view> metadata;
    uint64_t bytes = 0;
    Reclaim at = reclaim_;
    while (at.offset < oldest.bytes() && bytes < batch_bytes) {
        const RecordView record = oldest.record_at(at.offset);
        const uint32_t count = record.vectors != nullptr ? record.header->count : 0;
        for (; at.point < count && bytes < batch_bytes; ++at.point) {
            const auto entry = ids_.find(record.ids[at.point]);
            if (entry == ids_.end()) continue;
            const uint32_t row = entry->second;
            const float* vector = rows_.vector(row);
            if (vector != record.vectors + size_t{at.point} * dimension_) continue;  // replaced since
            ids.push_back(record.ids[at.point]);
            rows.push_back(row);
            vectors.insert(vectors.end(), vector, vector + dimension_);
            metadata.push_back(metadata_text(rows_.metadata(row)));
            bytes += row_bytes(rows_.metadata(row));
        }
        if (at.point < count) break;
        at.offset = record.next;
        at.point = 0;
    }
    if (!ids.empty()) {
        RecordContent content{format::RecordKind::moved, ids, vectors, metadata, {}, rows};
        VEXFS_TRY(append(content, Durability::group));
    }
    reclaim_ = at;
    return bytes;
}

Result<void> LocalCollection::drop_oldest_segment() {
    // What was moved must be on the disk before what it came from goes.
    VEXFS_TRY(sync_log());
    Manifest manifest = manifest_;
    const std::string path =
        fmt::format("{}/{}", directory_, Segment::file_name(manifest.segments[0].number));
    manifest.first_row += manifest.segments[0].rows;
    manifest.segments.erase(manifest.segments.begin());
    manifest.next_id = next_id_;
    manifest.import_rows = imports_;
    manifest.segments.back().bytes = segments_.back().log->bytes();
    VEXFS_TRY(replace_manifest(std::move(manifest)));
    std::shared_ptr<Segment> gone = std::move(segments_.front().log);
    segments_.erase(segments_.begin());
    epochs_.retire([this, gone = std::move(gone), blocks = rows_.dead_blocks(rows_.size())]() mutable {
        rows_.release(blocks);
        gone.reset();
    });
    // One that can't be removed now is a leftover at the next start.
    static_cast<void>(disk_.remove(path));
    return {};
}

}  // namespace vexfs
