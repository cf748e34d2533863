// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/salvage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/collection/rebuilt_manifest.h"
#include "engine/collection/salvaged_log.h"
#include "engine/storage/segment.h"

namespace vexfs {
namespace {

class Salvage {
  public:
    Salvage(Disk& disk, const CheckSource& source, const std::string& to, const CheckProgress& progress)
        : disk_(disk), source_(source), to_(to), progress_(progress) {}

    Result<Salvaged> run() {
        VEXFS_TRY(choose_manifest());
        for (const ManifestSegment& segment : old_.segments) {
            if (const auto file = disk_.open(path_of(segment))) bytes_total_ += (*file)->size().value_or(0);
        }
        Manifest fresh = old_;
        fresh.segments.clear();
        fresh.index.clear();
        const std::string schema = to_json(old_.schema).dump();
        for (const ManifestSegment& segment : old_.segments) {
            const bool last = &segment == &old_.segments.back();
            const SegmentIdentity identity{segment.number, next_sequence_, old_.salt, old_.schema.dimension};
            VEXFS_ASSIGN(SalvagedLog log, SalvagedLog::create(disk_, to_, identity, schema));
            VEXFS_TRY(copy(segment, last ? 0 : (&segment)[1].first_sequence, log));
            if (log.records() == 0 && !last) {
                VEXFS_TRY(disk_.remove(fmt::format("{}/{}", to_, Segment::file_name(segment.number))));
                continue;
            }
            VEXFS_TRY(log.sync());
            fresh.segments.push_back({segment.number, next_sequence_, last ? 0 : log.rows(), log.bytes()});
            next_sequence_ = log.next_sequence();
            salvaged_.records += log.records();
            salvaged_.rows += log.rows();
        }
        fresh.first_row = 0;  // moved rows have become inserted ones
        VEXFS_TRY(disk_.sync_directory(to_));
        VEXFS_TRY(write_manifest(disk_, to_, fresh));
        salvaged_.points = account_.points();
        salvaged_.losses = account_.losses();
        return std::move(salvaged_);
    }

  private:
    std::string path_of(const ManifestSegment& segment) const {
        return fmt::format("{}/{}", source_.directory, Segment::file_name(segment.number));
    }

    Result<void> choose_manifest() {
        if (source_.serving) {
            old_ = source_.serving->manifest;
            return {};
        }
        if (source_.stored) {
            old_ = *source_.stored;
            return {};
        }
        // One of a newer version is not lost.
        if (source_.stored.error().code == ErrorCode::unsupported)
            return tl::unexpected(source_.stored.error());
        VEXFS_ASSIGN(RebuiltManifest rebuilt, rebuild_manifest(disk_, source_.directory, source_.files));
        old_ = std::move(rebuilt.manifest);
        salvaged_.manifest_rebuilt = true;
        salvaged_.schema_from = std::move(rebuilt.schema_from);
        return {};
    }

    // next_first_sequence is that of the log behind, 0 for the last one or where it is not known.
    Result<void> copy(const ManifestSegment& segment, uint64_t next_first_sequence, SalvagedLog& to) {
        const bool last = &segment == &old_.segments.back();
        const std::string name = Segment::file_name(segment.number);
        const auto file = disk_.open(path_of(segment));
        const auto size = file ? (*file)->size() : tl::unexpected(file.error());
        if (!size) {
            account_.lose(name, {0, segment.bytes, size.error().message, std::nullopt, 0},
                          old_.schema.dimension, {});
            return {};
        }
        const File& from = **file;
        uint64_t end = *size;
        if (last && source_.serving) end = std::min(end, source_.serving->active_bytes);
        if (!last && !salvaged_.manifest_rebuilt) end = std::min(end, segment.bytes);
        const SegmentIdentity identity{segment.number, segment.first_sequence, old_.salt,
                                       old_.schema.dimension};
        LogScan scan(from, identity, end);
        const auto scanned = scan.run(
            {[&](const ScannedRecord& record) -> Result<void> {
                 VEXFS_TRY(to.append(from, record));
                 account_.keep(to.kind_of(record), ids_of(from, record.header, record.offset, end));
                 return {};
             },
             [&](const LogDamage& damage) -> Result<void> {
                 std::vector<uint64_t> ids;
                 if (damage.header) ids = ids_of(from, *damage.header, damage.offset, end);
                 account_.lose(name, damage, old_.schema.dimension, ids);
                 return {};
             },
             [&](uint64_t offset) {
                 return !progress_ || progress_(std::min(bytes_done_ + offset, bytes_total_), bytes_total_);
             }});
        VEXFS_TRY(scanned);
        const uint64_t needed = std::max(segment.bytes, marked_bytes(from, identity));
        if (*size < needed) {
            account_.lose(name, {*size, needed - *size, "the file ends here", std::nullopt, 0},
                          old_.schema.dimension, {});
        } else if (scan.next_sequence() != 0 && next_first_sequence > scan.next_sequence()) {
            account_.lose(name,
                          {*size, 0, "records are missing behind this place", std::nullopt,
                           next_first_sequence - scan.next_sequence()},
                          old_.schema.dimension, {});
        }
        bytes_done_ += *size;
        return {};
    }

    static uint64_t marked_bytes(const File& file, const SegmentIdentity& identity) {
        std::array<std::byte, format::records_offset> page{};
        return file.read_at(0, page) ? sync_marks(SegmentPage(page), identity.seed()).synced_bytes : 0;
    }

    // As many as can be read below `end`.
    static std::vector<uint64_t> ids_of(const File& file, const format::RecordHeader& header, uint64_t offset,
                                        uint64_t end) {
        const uint64_t first = offset + sizeof header;
        const uint64_t bytes = std::min(header.body_bytes, end - std::min(end, first));
        std::vector<uint64_t> ids(std::min<uint64_t>(header.count, bytes / sizeof(uint64_t)));
        if (!file.read_at(first, std::as_writable_bytes(std::span(ids)))) ids.clear();
        return ids;
    }

    Disk& disk_;
    const CheckSource& source_;
    const std::string& to_;
    const CheckProgress& progress_;
    Manifest old_;
    Salvaged salvaged_;
    LossAccount account_;
    uint64_t next_sequence_ = 1;
    uint64_t bytes_done_ = 0, bytes_total_ = 0;
};

}  // namespace

Result<Salvaged> salvage(Disk& disk, const CheckSource& source, const std::string& to,
                         const CheckProgress& progress) {
    return Salvage(disk, source, to, progress).run();
}

}  // namespace vexfs
