// SPDX-License-Identifier: Apache-2.0
// The index of a collection: brought on behind, written down, replaced by another.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "engine/collection/local_collection.h"
#include "engine/storage/paced_disk.h"

namespace vexfs {
namespace {

// At which who waits for the one that writes it down slowly is noticed.
constexpr auto pace_step = std::chrono::milliseconds(20);
constexpr uint64_t all_rows = uint64_t{UINT32_MAX} + 1;

}  // namespace

bool LocalCollection::index_some(const std::stop_token& stop) {
    const auto served = index();
    if (!served || dropped_ || stop.stop_requested()) return false;
    const Epochs::Guard guard = epochs_.enter();
    if (!served->work(rows_, {index_threads(), stop, false})) return false;
    release_fresh_codes(*served);
    // What follows may be work for others as well.
    if (options_.wake_background) options_.wake_background();
    return true;
}

void LocalCollection::release_fresh_codes(const Index& served) {
    if (fresh_codes_.memory_bytes() == 0) return;
    const uint32_t indexed = served.indexed();
    if (indexed == rows_.size()) {
        const std::lock_guard write(write_mutex_);
        retire(fresh_codes_.release(indexed == rows_.size() ? all_rows : indexed));
    } else {
        retire(fresh_codes_.release(indexed));
    }
}

void LocalCollection::retire(std::vector<AnonymousMemory> codes) {
    if (codes.empty()) return;
    epochs_.retire([codes = std::make_shared<std::vector<AnonymousMemory>>(std::move(codes))] {});
}

bool LocalCollection::maintain_some(const std::stop_token& stop) {
    if (dropped_ || stop.stop_requested()) return false;
    return save_index_if_due(stop) || reclaim_some(false).value_or(false) || check_recall(stop);
}

bool LocalCollection::save_index_if_due(const std::stop_token& stop) {
    const auto served = index();
    const uint32_t unsaved = served ? served->unsaved_rows() : 0;
    if (unsaved < unsaved_rows_min || unsaved <= unsaved_accepted_) return false;
    const auto saved = [&] {
        if (options_.background_io == nullptr) return checkpoint_index(disk_);
        PacedDisk paced(disk_, *options_.background_io, [&](IoBudget::Clock::duration time) {
            const auto end = IoBudget::Clock::now() + time;
            while (IoBudget::Clock::now() < end && !stop.stop_requested() && !checkpoint_mutex_.awaited())
                std::this_thread::sleep_for(std::min<IoBudget::Clock::duration>(time, pace_step));
        });
        return checkpoint_index(paced);
    }();
    note_background_error(index_error_, saved);
    unsaved_accepted_ = saved ? 0 : unsaved;
    return saved.has_value();
}

void LocalCollection::note_background_error(std::string& of, const Result<void>& done) {
    const std::lock_guard lock(schema_mutex_);
    of = done ? std::string() : done.error().message;
}

Result<void> LocalCollection::checkpoint_index(Disk& disk) {
    const std::lock_guard checkpoint(checkpoint_mutex_);
    return save_index(index(), {}, disk);
}

Result<void> LocalCollection::save_index(const std::shared_ptr<Index>& index, const SchemaChange& change,
                                         Disk& disk) {
    if (dropped_) return {};
    // Rows that the disk may have lost must not be in an index that is found again with others in their
    // place.
    VEXFS_TRY(check_writable());
    std::vector<std::string> made;
    const auto new_file = [&] {
        const std::lock_guard write(write_mutex_);
        return made.emplace_back(fmt::format("{:08}.hnsw", manifest_.next_number++));
    };
    const auto remove = [&](const std::string& file) {
        static_cast<void>(disk_.remove(fmt::format("{}/{}", directory_, file)));
    };
    Result<std::vector<ManifestIndex>> files;
    if (index) files = index->save(disk, directory_, new_file, schema().io.use_direct_io);
    if (!files) {
        std::ranges::for_each(made, remove);
        return tl::unexpected(files.error());
    }
    const std::lock_guard write(write_mutex_);
    if (*files == manifest_.index && !change) return {};
    const auto name_files = [&]() -> Result<Manifest> {
        Manifest manifest = manifest_;
        if (change) VEXFS_TRY(change(manifest.schema));
        // The log must have on the disk what the index speaks of.
        VEXFS_TRY(check_writable());
        VEXFS_TRY(sync_log());
        manifest.index = *files;
        manifest.segments.back().bytes = segments_.back().log->bytes();
        return manifest;
    };
    const std::vector<ManifestIndex> listed = manifest_.index;
    auto manifest = name_files();
    auto replaced = manifest ? replace_manifest(std::move(*manifest)) : tl::unexpected(manifest.error());
    if (!replaced) {
        // An index that serves finds its files again at the next attempt.
        if (change && !refuses_writes_) std::ranges::for_each(made, remove);
        return replaced;
    }
    if (change) {
        const std::lock_guard lock(schema_mutex_);
        schema_ = manifest_.schema;
        index_ = index;
        note_change();
        // Without an index nothing takes them away, nor are there more.
        if (!index) retire(fresh_codes_.release(all_rows));
    }
    for (const ManifestIndex& before : listed) {
        if (std::ranges::find(*files, before.file, &ManifestIndex::file) == files->end()) remove(before.file);
    }
    return {};
}

Result<void> LocalCollection::optimize(const WorkProgress& progress) {
    if (const auto served = index()) {
        VEXFS_TRY(settle(*served, "optimizing", progress));
        const auto saved = checkpoint_index(disk_);
        note_background_error(index_error_, saved);
        VEXFS_TRY(saved);
    }
    while (!dropped_) {
        VEXFS_ASSIGN(const bool reclaimed, reclaim_some(true));
        if (!reclaimed) return {};
        if (progress && !progress(rows_.size(), rows_.size()))
            return fail(ErrorCode::timed_out, fmt::format("optimizing {} was stopped", name_));
    }
    return fail(ErrorCode::not_found, fmt::format("collection {} was deleted", name_));
}

Result<void> LocalCollection::reindex(const SchemaChange& change, const WorkProgress& progress) {
    VEXFS_TRY(check_writable());
    std::string no_problem;  // there is no file to read
    std::shared_ptr<Index> next;
    {
        const std::lock_guard lock(schema_mutex_);
        if (reindexing_)
            return fail(ErrorCode::busy, fmt::format("collection {} is being reindexed already", name_),
                        "try again when that is done");
        Schema changed = schema_;
        VEXFS_TRY(change(changed));
        VEXFS_TRY(check(changed));
        next = vexfs::open_index(disk_, changed, directory_, {}, rows_.size(), no_problem);
        next_index_ = next;
        reindexing_ = true;
    }
    const auto build = [&]() -> Result<void> {
        if (next) VEXFS_TRY(settle(*next, "reindexing", progress));
        const std::lock_guard checkpoint(checkpoint_mutex_);
        return save_index(next, change, disk_);
    };
    auto built = build();
    if (built && dropped_)
        built = fail(ErrorCode::not_found, fmt::format("collection {} was deleted", name_));
    const std::lock_guard lock(schema_mutex_);
    next_index_.reset();
    reindexing_ = false;
    if (built) {
        index_error_.clear();
        recall_probe_.begin_again();
    }
    return built;
}

Result<void> LocalCollection::settle(Index& index, std::string_view what, const WorkProgress& progress) {
    const auto stopped = [&] {
        return fail(ErrorCode::timed_out, fmt::format("{} {} was stopped", what, name_));
    };
    if (progress && !progress(index.indexed(), rows_.size())) return stopped();
    std::stop_source stop;
    std::atomic<bool> done = false;
    // Steps may be long, so that they are taken beside the one who reports.
    std::jthread worker([&] {
        // Rows that come meanwhile are left to the background.
        const uint32_t rows = rows_.size();
        while (!stop.stop_requested() && !dropped_) {
            const Epochs::Guard guard = epochs_.enter();
            const bool worked = index.work(rows_, {index_threads(), stop.get_token(), true});
            if (const auto served = this->index()) release_fresh_codes(*served);
            if (!worked && index.indexed() >= rows && index.settled()) break;
            if (!worked) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        done = true;
    });
    while (!done) {
        if (progress && !progress(index.indexed(), rows_.size())) {
            stop.request_stop();
            worker.join();
            return stopped();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    worker.join();
    if (dropped_) return fail(ErrorCode::not_found, fmt::format("collection {} was deleted", name_));
    if (progress) progress(index.indexed(), rows_.size());
    return {};
}

}  // namespace vexfs
