// SPDX-License-Identifier: Apache-2.0
// Opening and recovery, what is told about a collection, and its end.
#include "engine/collection/local_collection.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "engine/index/hnsw.h"

namespace vexfs {
namespace {

// A graph is written down when the part that is not on the disk would take long to build again.
constexpr uint32_t unsaved_rows_min = 1'000;

uint64_t random_salt() {
    std::random_device device;
    return (uint64_t{device()} << 32) | device();
}

// The largest record, and room for the one that makes the segment overflow.
uint64_t log_bytes_max(uint64_t segment_bytes) {
    return segment_bytes + 2 * insert_bytes_max;
}

std::unique_ptr<Hnsw> new_graph(const Schema& schema) {
    return std::make_unique<Hnsw>(schema.dimension, schema.metric, schema.hnsw);
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
    manifest.salt = random_salt();
    manifest.segments.push_back({manifest.next_number++, 1, 0, 0});
    const SegmentIdentity identity{manifest.segments[0].number, 1, manifest.salt, schema.dimension};
    VEXFS_TRY(Segment::create(disk, directory, identity, format::records_offset));
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
      manifest_(std::move(manifest)),
      schema_(manifest_.schema) {}

Result<std::shared_ptr<LocalCollection>> LocalCollection::open(Disk& disk, std::string name,
                                                               std::string directory,
                                                               CollectionOptions options) {
    VEXFS_ASSIGN(Manifest manifest, read_manifest(disk, directory));
    std::shared_ptr<LocalCollection> collection(new LocalCollection(
        disk, std::move(name), std::move(directory), std::move(options), std::move(manifest)));
    collection->remove_leftovers();
    VEXFS_TRY(collection->open_segments());
    collection->open_index();
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
        VEXFS_TRY(segment->replay(listed.bytes, [&](const RecordView& record) -> Result<void> {
            if (record.header->dimension != dimension_ && record.vectors != nullptr)
                return fail(ErrorCode::corrupt,
                            fmt::format("{}: a record has dimension {}, the collection has {}", name_,
                                        record.header->dimension, dimension_));
            apply(record);
            return {};
        }));
        if (!active && rows_.appended() - rows_before != listed.rows) {
            return fail(ErrorCode::corrupt, fmt::format("{}/{} has {} rows, the manifest says {}", directory_,
                                                        Segment::file_name(listed.number),
                                                        rows_.appended() - rows_before, listed.rows));
        }
        segments_.push_back(std::move(segment));
    }
    group_commit_.reached(next_sequence_ - 1);
    return {};
}

// The graph is made from the rows: one that can't be read is built again.
void LocalCollection::open_index() {
    if (schema_.algorithm != Algorithm::hnsw) return;
    if (manifest_.index && manifest_.index->rows <= rows_.size()) {
        const std::string path = fmt::format("{}/{}", directory_, manifest_.index->file);
        if (auto graph = Hnsw::load(path, dimension_, metric_, schema_.hnsw)) {
            indexing_ =
                std::make_unique<Indexing>(std::move(*graph), static_cast<uint32_t>(manifest_.index->rows));
            return;
        } else {
            background_error_ = fmt::format("the index is built again: {}", graph.error().message);
        }
    }
    indexing_ = std::make_unique<Indexing>(new_graph(schema_), 0);
}

// What a crash left between making a file and naming it in the manifest.
void LocalCollection::remove_leftovers() {
    const auto names = disk_.list(directory_);
    if (!names) return;
    for (const std::string& name : *names) {
        const bool listed = name == manifest_name || (manifest_.index && name == manifest_.index->file) ||
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
    // Nobody is left to be told; what could not be synced was not acknowledged, and a graph can be built
    // again.
    static_cast<void>(sync_log());
    if (indexing_ &&
        indexing_->indexed() - indexing_->saved() >= std::max(unsaved_rows_min, indexing_->saved() / 50))
        static_cast<void>(checkpoint_index());
}

void LocalCollection::set_dropped(const std::optional<std::string>& directory) {
    const std::lock_guard checkpoint(checkpoint_mutex_);
    const std::lock_guard write(write_mutex_);
    dropped_directory_ = directory.value_or(std::string());
    dropped_ = directory.has_value();
}

bool LocalCollection::checkpoint_due(uint32_t unsaved, uint32_t saved) const {
    return unsaved >= unsaved_rows_min && unsaved >= saved / 4;
}

bool LocalCollection::index_some() {
    if (!indexing_ || dropped_) return false;
    if (indexing_->add_some(rows_)) return true;
    const uint32_t saved = indexing_->saved();
    const uint32_t indexed = indexing_->indexed();
    if (indexed < rows_.size() || !checkpoint_due(indexed - saved, saved)) return false;
    if (auto done = checkpoint_index(); !done) {
        const std::lock_guard lock(schema_mutex_);
        background_error_ = done.error().message;
        // Not again before there is more to gain.
        indexing_->set_saved(indexed);
        return false;
    }
    if (options_.wake_background) options_.wake_background();
    return true;
}

Result<void> LocalCollection::checkpoint_index() {
    const std::lock_guard checkpoint(checkpoint_mutex_);
    if (dropped_ || indexing_->saved() == indexing_->indexed()) return {};
    uint64_t number = 0;
    {
        const std::lock_guard write(write_mutex_);
        number = manifest_.next_number++;
    }
    const std::string file = fmt::format("{:08}.hnsw", number);
    const std::string path = fmt::format("{}/{}", directory_, file);
    auto rows = indexing_->save(path);
    if (rows) {
        const std::lock_guard write(write_mutex_);
        const auto before = manifest_.index;
        manifest_.index = ManifestIndex{file, *rows};
        // The log must have on the disk what the graph speaks of.
        auto written = sync_log();
        if (written) written = write_manifest(disk_, directory_, manifest_).map([] { return uint64_t{0}; });
        if (written) {
            indexing_->set_saved(*rows);
            if (before) static_cast<void>(disk_.remove(fmt::format("{}/{}", directory_, before->file)));
            return {};
        }
        manifest_.index = before;
        rows = tl::unexpected(written.error());
    }
    static_cast<void>(disk_.remove(path));
    return tl::unexpected(rows.error());
}

Result<void> LocalCollection::optimize(const std::function<bool(uint64_t, uint64_t)>& progress) {
    if (!indexing_) return {};
    while (true) {
        const uint64_t rows = rows_.size();
        const uint64_t indexed = indexing_->indexed();
        if (progress && !progress(indexed, rows))
            return fail(ErrorCode::timed_out, fmt::format("optimizing {} was stopped", name_));
        if (dropped_) return fail(ErrorCode::not_found, fmt::format("collection {} was deleted", name_));
        if (indexed >= rows) break;
        if (!indexing_->add_some(rows_)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return checkpoint_index();
}

Result<void> LocalCollection::configure(const nlohmann::json& parameters) {
    if (!parameters.is_object())
        return fail(ErrorCode::invalid_argument, "parameters must be an object of names and values");
    const std::lock_guard write(write_mutex_);
    VEXFS_TRY(check_writable());
    Schema changed = schema();
    for (const auto& [name, value] : parameters.items()) {
        const auto number = [&, &given = value](uint32_t& to, uint64_t high) -> Result<void> {
            if (!in_range(given, 0, high))
                return fail(
                    ErrorCode::invalid_argument,
                    fmt::format("{} must be a whole number up to {}, not {}", name, high, given.dump()));
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
    if (built_with != schema_.hnsw) {
        return fail(
            ErrorCode::unsupported,
            "the index is built with its parameters: m, max_m, ef_construction, ml and seed stay as they are",
            "make a new collection with other parameters, and export and import the vectors");
    }
    Manifest manifest = manifest_;
    manifest.schema = changed;
    VEXFS_TRY(write_manifest(disk_, directory_, manifest));
    manifest_ = std::move(manifest);
    const std::lock_guard lock(schema_mutex_);
    schema_ = std::move(changed);
    return {};
}

Schema LocalCollection::schema() const {
    const std::shared_lock lock(schema_mutex_);
    return schema_;
}

CollectionInfo LocalCollection::info() const {
    CollectionInfo info;
    info.name = name_;
    info.schema = schema();
    {
        const std::shared_lock lock(ids_mutex_);
        info.points = ids_.size();
    }
    const uint64_t rows = rows_.size();
    info.dead_rows = rows - std::min(rows, info.points);
    info.indexed_points = indexing_ ? indexing_->indexed() : 0;
    info.backlog_rows = indexing_ ? rows - info.indexed_points : 0;
    info.index_memory_bytes = indexing_ ? indexing_->graph().memory_bytes() : 0;
    info.generation = generation_;
    {
        const std::lock_guard write(write_mutex_);
        info.segments = segments_.size();
        for (const auto& segment : segments_) info.disk_bytes += segment->bytes();
        if (manifest_.index) {
            if (const auto file = disk_.open(fmt::format("{}/{}", directory_, manifest_.index->file)))
                info.disk_bytes += (*file)->size().value_or(0);
        }
    }
    const std::shared_lock lock(schema_mutex_);
    info.read_only = read_only_.has_value();
    info.read_only_reason = read_only_ ? read_only_->message : std::string();
    info.background_error = background_error_;
    return info;
}

CollectionStats LocalCollection::stats() const {
    CollectionStats stats{counters_.searches, counters_.inserts,         counters_.deletes,
                          counters_.updates,  counters_.search_us_total, counters_.search_us_max,
                          counters_.distances};
    stats.log_syncs = group_commit_.syncs();
    const std::lock_guard write(write_mutex_);
    for (const auto& segment : segments_) stats.log_bytes += segment->bytes();
    return stats;
}

}  // namespace vexfs
