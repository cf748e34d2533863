// SPDX-License-Identifier: Apache-2.0
// Opening and recovery, what is changed and told about a collection, and its end.
#include "engine/collection/local_collection.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/base/random.h"

namespace vexfs {
namespace {

// The largest record, and room for the one that makes the segment overflow.
uint64_t log_bytes_max(uint64_t segment_bytes) {
    return segment_bytes + 2 * insert_bytes_max;
}

}  // namespace

size_t LocalCollection::MixId::operator()(uint64_t id) const {
    // The finaliser of MurmurHash3: ids that differ in high bits alone must not meet in one bucket.
    id = (id ^ (id >> 33)) * 0xff51afd7ed558ccd;
    id = (id ^ (id >> 33)) * 0xc4ceb9fe1a85ec53;
    return id ^ (id >> 33);
}

Result<void> LocalCollection::create(Disk& disk, const std::string& directory, const Schema& schema) {
    Manifest manifest;
    manifest.schema = schema;
    manifest.salt = random_number();
    manifest.segments.push_back({manifest.next_number++, 1, 0, 0});
    const SegmentIdentity identity{manifest.segments[0].number, 1, manifest.salt, schema.dimension};
    VEXFS_TRY(Segment::create(disk, directory, identity, format::records_offset, to_json(schema).dump()));
    return write_manifest(disk, directory, manifest);
}

LocalCollection::LocalCollection(Disk& disk, std::string name, std::string directory,
                                 CollectionOptions options, Manifest manifest)
    : disk_(disk),
      name_(std::move(name)),
      directory_(std::move(directory)),
      options_(std::move(options)),
      dimension_(manifest.schema.dimension),
      metric_(manifest.schema.metric),
      instance_(random_number()),
      manifest_(std::move(manifest)),
      next_id_(manifest_.next_id),
      imports_(manifest_.import_rows),
      rows_(static_cast<uint32_t>(manifest_.first_row)),
      fresh_codes_(dimension_, metric_),
      filter_planner_(dimension_),
      schema_(manifest_.schema) {}

Result<std::shared_ptr<LocalCollection>> LocalCollection::open(Disk& disk, std::string name,
                                                               std::string directory,
                                                               CollectionOptions options) {
    VEXFS_ASSIGN(Manifest manifest, read_manifest(disk, directory));
    // A process that died may have renamed it and not synced that: what is written from here on needs it.
    VEXFS_TRY(disk.sync_directory(directory));
    std::shared_ptr<LocalCollection> collection(new LocalCollection(
        disk, std::move(name), std::move(directory), std::move(options), std::move(manifest)));
    collection->remove_leftovers();
    VEXFS_TRY(collection->open_segments());
    collection->open_index();
    collection->opened_ = true;
    return collection;
}

SegmentIdentity LocalCollection::identity_of(const ManifestSegment& segment) const {
    return {segment.number, segment.first_sequence, manifest_.salt, dimension_};
}

Result<void> LocalCollection::open_segments() {
    for (size_t i = 0; i < manifest_.segments.size(); ++i) {
        const ManifestSegment& listed = manifest_.segments[i];
        const bool active = i + 1 == manifest_.segments.size();
        VEXFS_ASSIGN(auto segment,
                     Segment::open(disk_, directory_, identity_of(listed),
                                   active ? log_bytes_max(options_.segment_bytes) : listed.bytes));
        const uint32_t rows_before = rows_.appended();
        segments_.push_back({std::move(segment)});
        next_sequence_ = listed.first_sequence;
        const auto apply_record = [&](const RecordView& record) -> Result<void> {
            VEXFS_TRY(check_record(record));
            apply(record);
            return {};
        };
        VEXFS_TRY(segments_.back().log->replay(active ? 0 : listed.bytes, apply_record, listed.bytes,
                                               uint64_t{schema_.io.read_ahead_kb} << 10));
        if (!active && rows_.appended() - rows_before != listed.rows) {
            return fail(ErrorCode::corrupt, fmt::format("{}/{} has {} rows, the manifest says {}", directory_,
                                                        Segment::file_name(listed.number),
                                                        rows_.appended() - rows_before, listed.rows));
        }
    }
    group_commit_.reached(next_sequence_ - 1);
    return {};
}

// A record that is whole was written by us, or by somebody who means harm.
Result<void> LocalCollection::check_record(const RecordView& record) const {
    const format::RecordHeader& header = *record.header;
    if (record.vectors != nullptr && header.dimension != dimension_)
        return fail(ErrorCode::corrupt, fmt::format("{}: a record has dimension {}, the collection has {}",
                                                    name_, header.dimension, dimension_));
    for (uint32_t i = 0; record.rows != nullptr && i < header.count; ++i) {
        if (record.rows[i] >= rows_.appended())
            return fail(ErrorCode::corrupt, fmt::format("{}: a record moves row {}, there are {}", name_,
                                                        record.rows[i], rows_.appended()));
    }
    return {};
}

// The index is made from the rows: what can't be read is built again.
void LocalCollection::open_index() {
    index_ = vexfs::open_index(disk_, schema_, directory_, manifest_.index, rows_.size(), index_error_);
}

// What a crash left between making a file and naming it in the manifest.
void LocalCollection::remove_leftovers() {
    const auto names = disk_.list(directory_);
    if (!names) return;
    for (const std::string& name : *names) {
        const bool listed =
            name == manifest_name ||
            std::ranges::any_of(manifest_.index,
                                [&](const ManifestIndex& file) { return name == file.file; }) ||
            std::ranges::any_of(manifest_.segments, [&](const ManifestSegment& segment) {
                return name == Segment::file_name(segment.number);
            });
        const bool ours = name.ends_with(".tmp") || name.ends_with(".log") || name.ends_with(".hnsw");
        // A file that can't be removed now is tried again at the next start.
        if (ours && !listed) static_cast<void>(disk_.remove(fmt::format("{}/{}", directory_, name)));
    }
}

LocalCollection::~LocalCollection() {
    if (dropped_) {
        static_cast<void>(disk_.remove_directory(dropped_directory_));
        return;
    }
    // One that could not be opened, or whose disk failed, is left as it is.
    if (opened_ && !refuses_writes_) close();
}

// Nobody is left to be told; what can't be synced was not acknowledged, and a graph can be built again.
void LocalCollection::close() {
    if (!sync_log()) return;
    if (const auto served = index(); served && served->unsaved_rows() >= unsaved_rows_min)
        static_cast<void>(checkpoint_index(disk_));
    const uint64_t bytes = segments_.back().log->bytes();
    if (refuses_writes_ || manifest_.segments.back().bytes == bytes) return;
    // Damage at the log's end is not taken for a torn tail when it is opened again.
    Manifest manifest = manifest_;
    manifest.segments.back().bytes = bytes;
    static_cast<void>(replace_manifest(std::move(manifest)));
}

Result<void> LocalCollection::move_to(const std::string& directory) {
    const std::lock_guard checkpoint(checkpoint_mutex_);
    const std::lock_guard write(write_mutex_);
    VEXFS_TRY(disk_.rename(directory_, directory));
    directory_ = directory;
    return {};
}

void LocalCollection::set_dropped(const std::optional<std::string>& directory) {
    const std::lock_guard checkpoint(checkpoint_mutex_);
    const std::lock_guard write(write_mutex_);
    dropped_directory_ = directory.value_or(std::string());
    dropped_ = directory.has_value();
    note_change();
}

Result<void> LocalCollection::configure(const nlohmann::json& parameters) {
    if (!parameters.is_object())
        return fail(ErrorCode::invalid_argument, "parameters must be an object of names and values");
    const std::lock_guard write(write_mutex_);
    VEXFS_TRY(check_writable());
    Schema changed = schema();
    for (const auto& [name, value] : parameters.items()) {
        const auto number = [&, &key = name, &given = value](uint32_t& to, uint64_t high) -> Result<void> {
            if (!in_range(given, 0, high))
                return fail(
                    ErrorCode::invalid_argument,
                    fmt::format("{} must be a whole number up to {}, not {}", key, high, given.dump()));
            to = given.get<uint32_t>();
            return {};
        };
        if (name == "uid") {
            VEXFS_TRY(number(changed.access.uid, UINT32_MAX - 1));
        } else if (name == "gid") {
            VEXFS_TRY(number(changed.access.gid, UINT32_MAX - 1));
        } else if (name == "mode") {
            VEXFS_TRY(number(changed.access.mode, 0777));
        } else {
            VEXFS_TRY(set_parameter(changed, name, value));
        }
    }
    HnswParameters built_with = changed.hnsw;
    built_with.ef_search = schema_.hnsw.ef_search;
    if (built_with != schema_.hnsw || changed.lsh != schema_.lsh) {
        return fail(ErrorCode::unsupported,
                    "the index is built with its parameters: m, max_m, ef_construction, ml, seed, layout and "
                    "those of lsh can't change in it",
                    "reindex builds another with them");
    }
    Manifest manifest = manifest_;
    manifest.schema = changed;
    VEXFS_TRY(replace_manifest(std::move(manifest)));
    const std::lock_guard lock(schema_mutex_);
    if (changed.target_recall != schema_.target_recall || changed.hnsw.ef_search != schema_.hnsw.ef_search)
        recall_probe_.begin_again();
    schema_ = std::move(changed);
    note_change();
    return {};
}

void LocalCollection::note_change() {
    generation_.fetch_add(1, std::memory_order_release);
    if (std::atomic<uint64_t>* const shown = shown_changes_) shown->fetch_add(1, std::memory_order_release);
}

Schema LocalCollection::schema() const {
    const std::shared_lock lock(schema_mutex_);
    return schema_;
}

Backlog LocalCollection::backlog() const {
    const auto served = index();
    if (!served) return {};
    // In this order: what is indexed is among the rows.
    const uint64_t indexed = served->indexed();
    const uint64_t rows = rows_.size() - indexed;
    return {rows, rows * dimension_ * sizeof(float)};
}

CollectionInfo LocalCollection::info() const {
    CollectionInfo info;
    info.name = name_;
    std::shared_ptr<const Index> index;
    {
        const std::shared_lock lock(schema_mutex_);
        info.schema = schema_;
        index = index_;
        if (next_index_) info.reindexed_rows = next_index_->indexed();
    }
    info.points = points();
    info.indexed_points = index ? index->indexed() : 0;
    info.backlog = backlog();
    info.index_memory_bytes = fresh_codes_.memory_bytes() + (index ? index->memory_bytes() : 0);
    if (index && info.schema.target_recall > 0) {
        const paths::CalibrationPoint point = index->calibration(info.schema.target_recall);
        if (point.setting.breadth > 0) info.calibrated_path = name_of(point.setting.path);
        info.calibrated_reach = point.setting.reach;
        info.calibrated_recall = point.recall;
    }
    if (index) info.calibrated_layout = index->layout();
    const RecallProbe::Observed observed = recall_probe_.observed();
    info.observed_recall = observed.recall;
    info.observed_queries = observed.queries;
    info.filter_memory_bytes = payload_index_.memory_bytes();
    info.generation = generation_;
    {
        const std::lock_guard write(write_mutex_);
        info.segments = segments_.size();
        for (const OpenSegment& segment : segments_) info.dead_rows += segment.rows;
        info.dead_rows -= std::min(info.dead_rows, info.points);
        for (const OpenSegment& segment : segments_) info.disk_bytes += segment.log->bytes();
        for (const ManifestIndex& listed : manifest_.index) {
            if (const auto file = disk_.open(fmt::format("{}/{}", directory_, listed.file)))
                info.disk_bytes += (*file)->size().value_or(0);
        }
    }
    const std::shared_lock lock(schema_mutex_);
    // While it is repaired it takes no writes either, but that ends by itself.
    info.read_only = read_only_ && read_only_->code != ErrorCode::busy;
    info.read_only_reason = info.read_only ? read_only_->message : std::string();
    info.background_error = fmt::format(
        "{}{}{}", index_error_, index_error_.empty() || reclaim_error_.empty() ? "" : "; ", reclaim_error_);
    return info;
}

CollectionStats LocalCollection::stats() const {
    CollectionStats stats{counters_.searches, counters_.inserts,         counters_.deletes,
                          counters_.updates,  counters_.search_us_total, counters_.search_us_max,
                          counters_.distances};
    stats.log_syncs = group_commit_.syncs();
    stats.backlog = backlog();
    stats.held = back_pressure_.held();
    const std::lock_guard write(write_mutex_);
    for (const OpenSegment& segment : segments_) stats.log_bytes += segment.log->bytes();
    return stats;
}

IoStats LocalCollection::io_stats() const {
    return disk_.io_stats();
}

}  // namespace vexfs
