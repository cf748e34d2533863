// SPDX-License-Identifier: Apache-2.0
// Snapshots of a store, and collections that take their place from elsewhere.
#include <fmt/format.h>

#include <algorithm>

#include "engine/collection/snapshot.h"
#include "engine/collection/store_state.h"

namespace vexfs {

Result<SnapshotInfo> Store::snapshot(const std::string& name, const std::string& snapshot) {
    VEXFS_TRY(find(name));
    const auto collection = state_->serving(name);
    if (!collection) return fail(ErrorCode::not_found, fmt::format("there is no collection {}", name));
    return state_->snapshots->create(*collection, name, snapshot);
}

Result<std::vector<SnapshotInfo>> Store::snapshots(const std::string& name) const {
    return state_->snapshots->list(name);
}

Result<SnapshotInfo> Store::find_snapshot(const std::string& name, const std::string& snapshot) const {
    return state_->snapshots->find(name, snapshot);
}

Result<void> Store::delete_snapshot(const std::string& name, const std::string& snapshot) {
    return state_->snapshots->remove(name, snapshot);
}

std::string Store::snapshot_path(const std::string& name, const std::string& snapshot) const {
    return state_->snapshots->path_of(name, snapshot);
}

Result<std::shared_ptr<Collection>> Store::restore(const std::string& name, const std::string& snapshot,
                                                   const RestoreTarget& target) {
    VEXFS_TRY(check_collection_name(target.name));
    VEXFS_TRY(find_snapshot(name, snapshot));
    if (!target.replace) VEXFS_TRY(state_->check_free(target.name));
    Disk& disk = state_->disk;
    const std::string from = snapshot_path(name, snapshot);
    const std::string staged = state_->unused_path(being_made, target.name);
    VEXFS_TRY(disk.make_directory(staged));
    const auto made = [&]() -> Result<void> {
        VEXFS_ASSIGN(Manifest manifest, read_manifest(disk, from));
        if (target.access) manifest.schema.access = *target.access;
        VEXFS_TRY(link_sealed_files(disk, from, staged, manifest));
        return begin_active_segment(disk, staged, std::move(manifest));
    }();
    if (!made) {
        static_cast<void>(disk.remove_directory(staged));
        return tl::unexpected(made.error());
    }
    return state_->install(staged, target);
}

Result<std::shared_ptr<Collection>> Store::remake(const std::string& name, const Schema& schema) {
    VEXFS_TRY(vexfs::check(schema));
    VEXFS_TRY(find(name));
    const auto old = state_->serving(name);
    if (!old) return fail(ErrorCode::not_found, fmt::format("there is no collection {}", name));
    // So that nothing is written between the look and the replacement.
    VEXFS_TRY(old->freeze());
    auto made = [&]() -> Result<std::shared_ptr<Collection>> {
        if (const uint64_t points = old->points_state().points; points != 0) {
            return fail(
                ErrorCode::invalid_argument,
                fmt::format("collection {} holds {} points, which were made with what it is", name, points),
                "dimension, metric, algorithm and what the index is built with change while it is "
                "empty");
        }
        const std::string staged = state_->unused_path(being_made, name);
        VEXFS_TRY(state_->disk.make_directory(staged));
        if (auto created = LocalCollection::create(state_->disk, staged, schema); !created) {
            static_cast<void>(state_->disk.remove_directory(staged));
            return tl::unexpected(created.error());
        }
        return state_->install(staged, {name, true, std::nullopt});
    }();
    if (!made) old->thaw();
    return made;
}

Result<void> Store::drop_empty(const std::string& name) {
    VEXFS_TRY(find(name));
    const auto collection = state_->serving(name);
    if (!collection) return fail(ErrorCode::not_found, fmt::format("there is no collection {}", name));
    VEXFS_TRY(collection->freeze());
    auto dropped = [&]() -> Result<void> {
        if (const uint64_t points = collection->points_state().points; points != 0)
            return fail(ErrorCode::invalid_argument,
                        fmt::format("collection {} holds {} points", name, points));
        return drop(name);
    }();
    if (!dropped) collection->thaw();
    return dropped;
}

Result<void> Store::State::put_replaced_back() {
    VEXFS_ASSIGN(const auto entries, disk.list(collections_directory));
    for (const std::string& entry : entries) {
        if (!entry.starts_with(being_replaced)) continue;
        const std::string name = entry.substr(being_replaced.size());
        if (std::ranges::find(entries, name) != entries.end()) {
            VEXFS_TRY(disk.remove_directory(path_of(entry)));
        } else {
            VEXFS_TRY(disk.rename(path_of(entry), path_of(name)));
            VEXFS_TRY(disk.sync_directory(collections_directory));
        }
    }
    return {};
}

Result<void> Store::State::verify(const std::string& staged, const std::string& name) {
    CollectionOptions opened;
    opened.segment_bytes = options.segment_bytes;
    VEXFS_TRY(LocalCollection::open(disk, name, staged, std::move(opened)));
    return {};
}

Result<std::shared_ptr<Collection>> Store::State::install(const std::string& staged,
                                                          const RestoreTarget& target) {
    auto installed = [&]() -> Result<std::shared_ptr<Collection>> {
        // Others may create and delete meanwhile.
        VEXFS_TRY(verify(staged, target.name));
        const std::lock_guard change(change_mutex);
        if (!target.replace) VEXFS_TRY(check_free(target.name));
        return move_in(staged, target);
    }();
    if (!installed) static_cast<void>(disk.remove_directory(staged));
    return installed;
}

// The old one serves until the new one does, from a directory beside. Whatever a crash leaves, one of the two
// stands in the place or is put back by the next start.
Result<std::shared_ptr<Collection>> Store::State::move_in(const std::string& staged,
                                                          const RestoreTarget& target) {
    const std::string place = path_of(target.name);
    const std::string replaced = path_of(std::string(being_replaced) + target.name);
    const std::shared_ptr<LocalCollection> old = serving(target.name);
    const bool replaces = old || is_quarantined(target.name);
    const auto move_old = [&](const std::string& from, const std::string& to) {
        return old ? old->move_to(to) : disk.rename(from, to);
    };
    if (replaces) {
        VEXFS_TRY(disk.remove_directory(replaced));
        VEXFS_TRY(move_old(place, replaced));
    }
    auto opened = [&]() -> Result<std::shared_ptr<LocalCollection>> {
        if (replaces) VEXFS_TRY(disk.sync_directory(collections_directory));
        VEXFS_TRY(disk.rename(staged, place));
        auto collection = [&]() -> Result<std::shared_ptr<LocalCollection>> {
            VEXFS_TRY(disk.sync_directory(collections_directory));
            return open_collection(target.name);
        }();
        if (!collection) static_cast<void>(disk.rename(place, staged));
        return collection;
    }();
    if (!opened) {
        if (!replaces) return tl::unexpected(opened.error());
        if (const auto back = move_old(replaced, place); !back) {
            return fail(opened.error().code,
                        fmt::format("{}, and then: {}", opened.error().message, back.error().message),
                        "a restart puts the collection back that was to be replaced");
        }
        return tl::unexpected(opened.error());
    }
    keep(target.name, *opened);
    if (replaces) {
        // It goes with its last user, or at the next start.
        const std::string aside = unused_path(being_removed, target.name);
        if (old) old->set_dropped(aside);
        if (disk.rename(replaced, aside) && !old) static_cast<void>(disk.remove_directory(aside));
    }
    return std::shared_ptr<Collection>(std::move(*opened));
}

}  // namespace vexfs
