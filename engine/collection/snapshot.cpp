// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/collection/local_collection.h"
#include "engine/storage/checked_text.h"

namespace vexfs {
namespace {

constexpr TextFormat record_format{"vexfs-snapshot", 1};

std::string record_path(const std::string& directory) {
    return fmt::format("{}/{}", directory, snapshot_file_name);
}

bool is_number_with(std::string_view name, std::string_view suffix) {
    if (!name.ends_with(suffix)) return false;
    name.remove_suffix(suffix.size());
    return name.size() >= 8 && name.size() <= 20 &&
           std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_log_name(std::string_view name) {
    return is_number_with(name, ".log");
}

bool is_index_name(std::string_view name) {
    return is_number_with(name, ".hnsw");
}

std::vector<std::string> sealed_files(const Manifest& manifest) {
    std::vector<std::string> names;
    for (size_t i = 0; i + 1 < manifest.segments.size(); ++i)
        names.push_back(Segment::file_name(manifest.segments[i].number));
    for (const ManifestIndex& index : manifest.index) names.push_back(index.file);
    return names;
}

Result<void> link_sealed_files(Disk& disk, const std::string& from, const std::string& to,
                               const Manifest& manifest) {
    for (const std::string& name : sealed_files(manifest))
        VEXFS_TRY(link_or_copy(disk, fmt::format("{}/{}", from, name), fmt::format("{}/{}", to, name)));
    return {};
}

Result<void> begin_active_segment(Disk& disk, const std::string& directory, Manifest manifest) {
    ManifestSegment& active = manifest.segments.back();
    active.rows = 0;
    active.bytes = 0;
    const SegmentIdentity identity{active.number, active.first_sequence, manifest.salt,
                                   manifest.schema.dimension};
    VEXFS_TRY(
        Segment::create(disk, directory, identity, format::records_offset, to_json(manifest.schema).dump()));
    return write_manifest(disk, directory, manifest);
}

Result<void> write_snapshot_record(Disk& disk, const std::string& directory, const SnapshotRecord& record) {
    return replace_file(disk, record_path(directory),
                        to_checked_text(record_format, {{"collection", record.collection},
                                                        {"created", record.created},
                                                        {"points", record.points}}));
}

Result<SnapshotRecord> read_snapshot_record(Disk& disk, const std::string& directory) {
    const std::string path = record_path(directory);
    VEXFS_ASSIGN(const std::string text, disk.read(path, checked_text_bytes_max));
    VEXFS_ASSIGN(const nlohmann::json value, from_checked_text(record_format, path, text));
    try {
        return SnapshotRecord{value.at("collection"), value.at("created"), value.at("points")};
    } catch (const nlohmann::json::exception& error) {
        return fail(ErrorCode::corrupt, fmt::format("{}: {}", path, error.what()));
    }
}

Result<uint64_t> LocalCollection::snapshot(const std::string& directory) {
    Manifest manifest;
    uint64_t points = 0;
    {
        const std::lock_guard checkpoint(checkpoint_mutex_);
        const std::lock_guard write(write_mutex_);
        VEXFS_TRY(check_writable());
        // Sealed, what the log has is a file that can be linked.
        if (segments_.back().log->bytes() > format::records_offset) VEXFS_TRY(roll_segment());
        VEXFS_TRY(link_sealed_files(disk_, directory_, directory, manifest_));
        manifest = manifest_;
        const std::shared_lock lock(ids_mutex_);
        points = ids_.size();
    }
    VEXFS_TRY(begin_active_segment(disk_, directory, std::move(manifest)));
    return points;
}

}  // namespace vexfs
