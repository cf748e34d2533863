// SPDX-License-Identifier: Apache-2.0
// Writes: checked, appended to the log, applied in the order of the log, acknowledged when they are durable.
#include <fmt/format.h>
#include <tsl/robin_set.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/base/waiting.h"
#include "engine/collection/local_collection.h"
#include "engine/collection/query.h"

namespace vexfs {
namespace {

constexpr auto erase_ids_max = size_t{1} << 20;  // ids of one erase

// [rows]
Result<std::vector<float>> norms_of_finite(std::span<const float> vectors, uint32_t dimension) {
    std::vector<float> norms(vectors.size() / dimension);
    const simd::Kernels& kernels = simd::kernels();
    for (size_t row = 0; row < norms.size(); ++row) {
        const std::span vector = vectors.subspan(row * dimension, dimension);
        norms[row] = std::sqrt(kernels.dot(vector.data(), vector.data(), dimension));
        // A sum of squares is finite only where all values are; where it isn't, they may just be large.
        if (std::isfinite(norms[row])) continue;
        const auto wrong = std::ranges::find_if_not(vector, [](float value) { return std::isfinite(value); });
        if (wrong == vector.end()) continue;
        return fail(ErrorCode::not_finite,
                    fmt::format("vector {} holds {} at component {}", row,
                                std::isnan(*wrong) ? "NaN" : "infinity", wrong - vector.begin()),
                    "rows and components count from 0");
    }
    return norms;
}

Result<void> check_metadata(std::string_view text, size_t row) {
    if (text.empty()) return {};
    if (text.size() > metadata_bytes_max) {
        return fail(ErrorCode::too_large,
                    fmt::format("the metadata of row {} have {} bytes, {} at most are allowed", row,
                                text.size(), metadata_bytes_max));
    }
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || text[first] != '{' || !nlohmann::json::accept(text))
        return fail(ErrorCode::malformed, fmt::format("the metadata of row {} are not a JSON object", row));
    return {};
}

// An id that stands twice among them, if there is one.
std::optional<uint64_t> repeated(std::span<const uint64_t> ids) {
    bool rising = true;
    for (size_t i = 1; i < ids.size(); ++i) rising &= ids[i - 1] < ids[i];
    if (rising) return std::nullopt;
    tsl::robin_set<uint64_t> seen;
    seen.reserve(ids.size());
    for (const uint64_t id : ids) {
        if (!seen.insert(id).second) return id;
    }
    return std::nullopt;
}

Result<size_t> check_request(const InsertRequest& request, uint32_t dimension, const std::string& name) {
    if (request.vectors.empty())
        return fail(ErrorCode::invalid_argument, "an insert needs at least one vector");
    if (request.vectors.size() % dimension != 0) {
        return fail(ErrorCode::dimension_mismatch,
                    fmt::format("{} values are not rows of {}, the dimension of collection {}",
                                request.vectors.size(), dimension, name));
    }
    const size_t rows = request.vectors.size() / dimension;
    size_t bytes = request.vectors.size_bytes();
    for (const std::string_view text : request.metadata) bytes += text.size();
    if (rows > insert_rows_max || bytes > insert_bytes_max) {
        return fail(ErrorCode::too_large,
                    fmt::format("an insert of {} rows and {} bytes is over the limit of {} rows and {} bytes",
                                rows, bytes, insert_rows_max, insert_bytes_max),
                    "insert in smaller batches");
    }
    if (!request.ids.empty() && request.ids.size() != rows)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} ids were given for {} vectors", request.ids.size(), rows));
    if (!request.metadata.empty() && request.metadata.size() != rows)
        return fail(ErrorCode::invalid_argument, fmt::format("metadata for {} rows were given for {} vectors",
                                                             request.metadata.size(), rows));
    for (size_t row = 0; row < request.metadata.size(); ++row)
        VEXFS_TRY(check_metadata(request.metadata[row], row));
    if (const auto id = repeated(request.ids))
        return fail(ErrorCode::invalid_argument, fmt::format("id {} stands twice in one insert", *id));
    return rows;
}

}  // namespace

Result<InsertReply> LocalCollection::insert(const InsertRequest& request) {
    VEXFS_ASSIGN(const size_t rows, check_request(request, dimension_, name_));
    VEXFS_ASSIGN(const auto norms, norms_of_finite(request.vectors, dimension_));
    const Durability durability = wanted(request.durability);
    InsertReply reply;
    uint64_t sequence = 0;
    {
        const std::lock_guard write(write_mutex_);
        VEXFS_TRY(check_writable());
        if (rows > RowTable::rows_max - rows_.appended())
            return fail(ErrorCode::too_large,
                        fmt::format("collection {} has no room for {} more rows", name_, rows));
        if (request.mark) {
            const auto entry = imports_.find(request.mark->key);
            const uint64_t done = entry == imports_.end() ? 0 : entry->second;
            if (done + rows != request.mark->rows_done) {
                return fail(ErrorCode::invalid_argument,
                            fmt::format("this import stands at row {}, the insert is for rows {} to {}", done,
                                        request.mark->rows_done - rows, request.mark->rows_done),
                            "ask for its status and go on from there");
            }
        }
        if (request.ids.empty()) {
            if (UINT64_MAX - next_id_ < rows)
                return fail(ErrorCode::too_large, "there are no ids left to assign");
            reply.ids.resize(rows);
            for (size_t i = 0; i < rows; ++i) reply.ids[i] = next_id_ + i;
        } else {
            reply.ids.assign(request.ids.begin(), request.ids.end());
            for (const uint64_t id : reply.ids) {
                if (!ids_.contains(id)) continue;
                if (request.on_conflict == OnConflict::fail)
                    return fail(ErrorCode::already_exists,
                                fmt::format("collection {} has a point with id {} already", name_, id),
                                "upsert replaces points");
                ++reply.replaced;
            }
        }
        VEXFS_ASSIGN(sequence, append({format::RecordKind::insert, reply.ids, request.vectors,
                                       request.metadata, request.mark.value_or(ImportMark{})},
                                      durability, norms));
    }
    counters_.inserts += rows;
    // Without an index there is nothing to be done for new rows.
    if (options_.wake_background && index() != nullptr) options_.wake_background();
    VEXFS_TRY(commit(sequence, durability, request.vectors.size_bytes()));
    reply.held_back = hold_back(rows);
    return reply;
}

std::chrono::microseconds LocalCollection::hold_back(uint64_t rows) {
    if (!options_.max_backlog) return {};
    return back_pressure_.hold(rows, excess_of(backlog(), options_.max_backlog()));
}

Result<uint64_t> LocalCollection::erase(std::span<const uint64_t> ids, std::optional<Durability> durability) {
    if (ids.size() > erase_ids_max)
        return fail(ErrorCode::too_large,
                    fmt::format("{} ids are over the limit of {} of one delete", ids.size(), erase_ids_max));
    const Durability asked = wanted(durability);
    std::vector<uint64_t> present;
    uint64_t sequence = 0;
    {
        const std::lock_guard write(write_mutex_);
        VEXFS_TRY(check_writable());
        tsl::robin_set<uint64_t> seen;
        for (const uint64_t id : ids) {
            if (ids_.contains(id) && seen.insert(id).second) present.push_back(id);
        }
        if (present.empty()) return 0;
        VEXFS_ASSIGN(sequence, append({format::RecordKind::erase, present, {}, {}, {}}, asked));
    }
    counters_.deletes += present.size();
    VEXFS_TRY(commit(sequence, asked));
    return present.size();
}

Result<void> LocalCollection::update_metadata(uint64_t id, std::string_view metadata, bool merge) {
    VEXFS_TRY(check_metadata(metadata, 0));
    const Durability durability = wanted({});
    std::string text(metadata);
    uint64_t sequence = 0;
    {
        const std::lock_guard write(write_mutex_);
        VEXFS_TRY(check_writable());
        VEXFS_ASSIGN(const uint32_t row, find(id));
        if (merge) {
            const std::string_view old = metadata_text(rows_.metadata(row));
            auto merged = old.empty() ? nlohmann::json::object() : nlohmann::json::parse(old);
            merged.merge_patch(metadata.empty() ? nlohmann::json::object() : nlohmann::json::parse(metadata));
            text = merged.dump();
            VEXFS_TRY(check_metadata(text, 0));
        }
        const std::string_view view = text;
        VEXFS_ASSIGN(sequence,
                     append({format::RecordKind::metadata, {&id, 1}, {}, {&view, 1}, {}}, durability));
    }
    ++counters_.updates;
    return commit(sequence, durability);
}

Result<void> LocalCollection::check_writable() const {
    if (dropped_) return fail(ErrorCode::not_found, fmt::format("collection {} was deleted", name_));
    if (!refuses_writes_) return {};
    const std::shared_lock lock(schema_mutex_);
    if (read_only_->code == ErrorCode::busy) return tl::unexpected(*read_only_);
    return fail(
        ErrorCode::read_only,
        fmt::format("collection {} takes no writes since its disk failed: {}", name_, read_only_->message),
        "mend the disk and restart; the collection then recovers what is on it");
}

void LocalCollection::refuse_writes(const Error& error) {
    const std::lock_guard lock(schema_mutex_);
    if (!read_only_) read_only_ = error;
    refuses_writes_ = true;
}

Result<uint64_t> LocalCollection::append(const RecordContent& content, Durability durability,
                                         std::span<const float> norms) {
    if (segments_.back().log->bytes() >= options_.segment_bytes) VEXFS_TRY(roll_segment());
    const bool durable = durability == Durability::sync;
    std::optional<Waiting> for_the_disk;
    if (durable) for_the_disk.emplace();
    auto record = segments_.back().log->append(content, next_sequence_, durable);
    if (!record) {
        if (segments_.back().log->broken()) refuse_writes(record.error());
        return tl::unexpected(record.error());
    }
    apply(*record, norms);
    if (durable) group_commit_.synced(record->header->sequence);
    return record->header->sequence;
}

uint64_t LocalCollection::row_bytes(const std::byte* metadata) const {
    return sizeof(uint64_t) + dimension_ * sizeof(float) + sizeof(uint32_t) + metadata_text(metadata).size();
}

void LocalCollection::apply(const RecordView& record, std::span<const float> norms) {
    const uint32_t count = record.header->count;
    const std::byte* metadata = record.metadata;
    OpenSegment& segment = segments_.back();
    const auto use_id = [&](uint64_t id) { next_id_ = std::max(next_id_, id + (id != UINT64_MAX ? 1 : 0)); };
    const auto kill = [&](uint32_t row) {
        live_bytes_ -= row_bytes(rows_.metadata(row));
        rows_.kill(row);
    };
    switch (static_cast<format::RecordKind>(record.header->kind)) {
        case format::RecordKind::insert: {
            const uint32_t first = rows_.appended();
            const bool coded = opened_ && index() != nullptr;
            for (uint32_t i = 0; i < count; ++i, metadata = next_metadata(metadata)) {
                const float* vector = record.vectors + size_t{i} * dimension_;
                const float norm = norms.empty() ? norm_of(vector, dimension_) : norms[i];
                if (coded) fresh_codes_.append(first + i, vector, norm);
                rows_.append(record.ids[i], vector, metadata, norm);
                use_id(record.ids[i]);
            }
            const uint64_t bytes = count * (sizeof(uint64_t) + dimension_ * sizeof(float)) +
                                   static_cast<uint64_t>(metadata - record.metadata);
            segment.rows += count;
            segment.payload_bytes += bytes;
            live_bytes_ += bytes;
            // First seen, then the old ones gone: a search between finds both and keeps the newer.
            rows_.publish();
            const std::lock_guard lock(ids_mutex_);
            for (uint32_t i = 0; i < count; ++i) {
                const auto [entry, fresh] = ids_.insert({record.ids[i], first + i});
                if (fresh) continue;
                kill(entry->second);
                entry.value() = first + i;
            }
            break;
        }
        case format::RecordKind::erase: {
            segment.payload_bytes += count * sizeof(uint64_t);
            const std::lock_guard lock(ids_mutex_);
            for (uint32_t i = 0; i < count; ++i) {
                const auto entry = ids_.find(record.ids[i]);
                if (entry == ids_.end()) continue;
                kill(entry->second);
                ids_.erase(entry);
            }
            break;
        }
        case format::RecordKind::metadata: {
            const std::shared_lock lock(ids_mutex_);
            for (uint32_t i = 0; i < count; ++i, metadata = next_metadata(metadata)) {
                segment.payload_bytes += sizeof(uint64_t) + sizeof(uint32_t) + metadata_text(metadata).size();
                const auto entry = ids_.find(record.ids[i]);
                if (entry == ids_.end()) continue;
                live_bytes_ += row_bytes(metadata) - row_bytes(rows_.metadata(entry->second));
                rows_.set_metadata(entry->second, metadata);
                payload_index_.changed(entry->second);
            }
            break;
        }
        case format::RecordKind::moved: {
            segment.rows += count;
            const std::lock_guard lock(ids_mutex_);
            for (uint32_t i = 0; i < count; ++i, metadata = next_metadata(metadata)) {
                const float* vector = record.vectors + size_t{i} * dimension_;
                segment.payload_bytes += row_bytes(metadata);
                use_id(record.ids[i]);
                const auto [entry, fresh] =
                    ids_.insert({record.ids[i], static_cast<uint32_t>(record.rows[i])});
                if (fresh) {
                    // Read after a restart, the segment of its insert being gone.
                    rows_.put(entry->second, record.ids[i], vector, metadata, norm_of(vector, dimension_));
                    live_bytes_ += row_bytes(metadata);
                } else {
                    rows_.move(entry->second, vector, metadata);
                }
            }
            break;
        }
    }
    if (record.header->import_key != 0) imports_[record.header->import_key] = record.header->import_rows_done;
    next_sequence_ = record.header->sequence + 1;
    if (record.rows == nullptr) note_change();
}

// Seals the active segment and begins another.
Result<void> LocalCollection::roll_segment() {
    if (auto synced = sync_log(); !synced) return tl::unexpected(synced.error());
    // Of a file that may be left when this fails: the next attempt makes another.
    const uint64_t number = manifest_.next_number++;
    Manifest manifest = manifest_;
    ManifestSegment& sealed = manifest.segments.back();
    uint64_t rows_before = manifest.first_row;
    for (const ManifestSegment& segment : manifest.segments) rows_before += segment.rows;
    sealed.rows = rows_.appended() - rows_before;
    sealed.bytes = segments_.back().log->bytes();
    const ManifestSegment fresh{number, next_sequence_, 0, 0};
    manifest.segments.push_back(fresh);
    const std::string path = fmt::format("{}/{}", directory_, Segment::file_name(fresh.number));
    auto segment = Segment::create(disk_, directory_, identity_of(fresh), segments_.back().log->bytes_max(),
                                   to_json(manifest_.schema).dump());
    if (!segment) {
        static_cast<void>(disk_.remove(path));
        if (segment.error().code == ErrorCode::io_error) refuse_writes(segment.error());
        return tl::unexpected(segment.error());
    }
    if (auto replaced = replace_manifest(std::move(manifest)); !replaced) {
        // Where the disk may have the new manifest, it needs the new log.
        if (!refuses_writes_) static_cast<void>(disk_.remove(path));
        return replaced;
    }
    segments_.push_back({std::move(*segment)});
    return {};
}

Result<void> LocalCollection::replace_manifest(Manifest manifest) {
    auto written = write_manifest(disk_, directory_, manifest);
    if (written) {
        manifest_ = std::move(manifest);
    } else if (written.error().code == ErrorCode::io_error) {
        refuse_writes(written.error());
    }
    return written;
}

Result<void> LocalCollection::commit(uint64_t sequence, Durability durability, uint64_t bytes) {
    if (durability == Durability::sync) return {};
    const IoParameters io = schema().io;
    if (durability == Durability::group) return wait_synced({sequence, bytes, io.write_batch_size});
    unsynced_sequence_ = sequence;
    const bool due = ++unsynced_calls_ >= io.sync_frequency && io.sync_frequency != 0;
    if (due && !sync_due_.exchange(true) && options_.wake_syncer) options_.wake_syncer();
    return {};
}

Result<void> LocalCollection::wait_synced(const GroupCommit::Write& waiting) {
    const Waiting for_the_disk;
    auto done = group_commit_.wait(waiting, [this]() -> Result<uint64_t> {
        std::shared_ptr<Segment> segment;
        uint64_t last = 0;
        {
            const std::lock_guard write(write_mutex_);
            segment = segments_.back().log;
            last = next_sequence_ - 1;
        }
        // Segments before this one were synced when they were sealed.
        VEXFS_TRY(segment->sync());
        return last;
    });
    if (!done) refuse_writes(done.error());
    return done;
}

// Under write_mutex_, or when nobody else is there.
Result<uint64_t> LocalCollection::sync_log() {
    const uint64_t last = next_sequence_ - 1;
    if (auto done = segments_.back().log->sync(); !done) {
        refuse_writes(done.error());
        return tl::unexpected(done.error());
    }
    group_commit_.reached(last);
    return last;
}

void LocalCollection::sync_async() {
    unsynced_calls_ = 0;
    sync_due_ = false;
    const uint64_t sequence = unsynced_sequence_.exchange(0);
    if (sequence != 0) static_cast<void>(wait_synced({sequence}));
}

void LocalCollection::sync_behind() {
    sync_async();
    std::shared_ptr<Segment> active;
    {
        const std::lock_guard write(write_mutex_);
        if (dropped_ || refuses_writes_) return;
        active = segments_.back().log;
    }
    if (auto marked = active->mark_synced(); !marked) refuse_writes(marked.error());
}

uint64_t LocalCollection::imported_rows(uint64_t key) const {
    const std::lock_guard write(write_mutex_);
    const auto entry = imports_.find(key);
    return entry == imports_.end() ? 0 : entry->second;
}

}  // namespace vexfs
