// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/snapshots.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "engine/collection/snapshot.h"
#include "engine/collection/store_state.h"

namespace vexfs {
namespace {

std::string now_in_utc() {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

Result<void> check_name(std::string_view name) {
    if (check_collection_name(name)) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' can't be a snapshot's name", name.substr(0, 200)),
                "use 1 to 128 letters, digits, '_', '.' and '-', not beginning with '.' or '-'");
}

// Names in a directory that may not be there.
Result<std::vector<std::string>> list_if_there(Disk& disk, const std::string& directory) {
    auto names = disk.list(directory);
    if (!names && names.error().code == ErrorCode::not_found) return std::vector<std::string>();
    return names;
}

}  // namespace

std::string Snapshots::path_of(const std::string& collection, const std::string& name) const {
    return fmt::format("{}/{}/{}", directory_, collection, name);
}

bool Snapshots::exists(const std::string& collection, const std::string& name) const {
    const auto names = disk_.list(fmt::format("{}/{}", directory_, collection));
    return names && std::ranges::find(*names, name) != names->end();
}

Result<void> Snapshots::clean_up() {
    const std::lock_guard lock(mutex_);
    VEXFS_ASSIGN(const auto collections, list_if_there(disk_, directory_));
    for (const std::string& collection : collections) {
        if (!check_collection_name(collection)) continue;
        const std::string parent = fmt::format("{}/{}", directory_, collection);
        VEXFS_ASSIGN(const auto names, disk_.list(parent));
        size_t left = names.size();
        for (const std::string& name : names) {
            if (!name.starts_with(being_made) && !name.starts_with(being_removed)) continue;
            VEXFS_TRY(disk_.remove_directory(path_of(collection, name)));
            --left;
        }
        if (left == 0) VEXFS_TRY(disk_.remove_directory(parent));
    }
    return {};
}

Result<std::string> Snapshots::free_name(const std::string& collection, const std::string& created) const {
    std::string name = created;
    std::ranges::replace(name, ':', '-');
    for (int again = 2; exists(collection, name); ++again)
        name = fmt::format("{}-{}", name.substr(0, created.size()), again);
    return name;
}

Result<SnapshotInfo> Snapshots::create(LocalCollection& collection, const std::string& of, std::string name) {
    const std::lock_guard lock(mutex_);
    const std::string created = now_in_utc();
    if (name.empty()) {
        VEXFS_ASSIGN(name, free_name(of, created));
    }
    VEXFS_TRY(check_name(name));
    if (exists(of, name)) {
        return fail(ErrorCode::already_exists,
                    fmt::format("collection {} has a snapshot {} already", of, name),
                    "choose another name, or none: the time is taken then");
    }
    const std::string parent = fmt::format("{}/{}", directory_, of);
    const std::string fresh = path_of(of, std::string(being_made) + name);
    VEXFS_TRY(disk_.remove_directory(fresh));
    VEXFS_TRY(disk_.make_directory(fresh));
    const auto made = [&]() -> Result<void> {
        VEXFS_ASSIGN(const uint64_t points, collection.snapshot(fresh));
        VEXFS_TRY(write_snapshot_record(disk_, fresh, {of, created, points}));
        return disk_.rename(fresh, path_of(of, name));
    }();
    if (!made) {
        static_cast<void>(disk_.remove_directory(fresh));
        return tl::unexpected(made.error());
    }
    // The directories above may be new as well.
    VEXFS_TRY(disk_.sync_directory(parent));
    VEXFS_TRY(disk_.sync_directory(directory_));
    VEXFS_TRY(disk_.sync_directory(std::filesystem::path(directory_).parent_path().string()));
    return read(of, name);
}

Result<SnapshotInfo> Snapshots::read(const std::string& collection, const std::string& name) const {
    const std::string directory = path_of(collection, name);
    VEXFS_ASSIGN(const SnapshotRecord record, read_snapshot_record(disk_, directory));
    VEXFS_ASSIGN(const Manifest manifest, read_manifest(disk_, directory));
    SnapshotInfo info{collection, name, record.created, record.points, manifest.schema, 0, 0, std::nullopt};
    VEXFS_ASSIGN(const auto files, disk_.list(directory));
    for (const std::string& file : files) {
        VEXFS_ASSIGN(const auto opened, disk_.open(fmt::format("{}/{}", directory, file)));
        VEXFS_ASSIGN(const uint64_t bytes, opened->size());
        VEXFS_ASSIGN(const uint64_t links, opened->links());
        (links > 1 ? info.shared_bytes : info.own_bytes) += bytes;
    }
    return info;
}

Result<std::vector<SnapshotInfo>> Snapshots::list(const std::string& collection) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> collections{collection};
    if (collection.empty()) {
        VEXFS_ASSIGN(collections, list_if_there(disk_, directory_));
    }
    std::vector<SnapshotInfo> all;
    for (const std::string& each : collections) {
        if (!check_collection_name(each)) continue;
        VEXFS_ASSIGN(const auto names, list_if_there(disk_, fmt::format("{}/{}", directory_, each)));
        for (const std::string& name : names) {
            if (!check_name(name)) continue;
            auto info = read(each, name);
            if (info) {
                all.push_back(std::move(*info));
            } else {
                all.push_back({each, name, {}, 0, {}, 0, 0, info.error()});
            }
        }
    }
    return all;
}

Result<SnapshotInfo> Snapshots::find(const std::string& collection, const std::string& name) const {
    VEXFS_TRY(check_collection_name(collection));
    VEXFS_TRY(check_name(name));
    const std::lock_guard lock(mutex_);
    if (!exists(collection, name)) {
        return fail(ErrorCode::not_found, fmt::format("collection {} has no snapshot {}", collection, name),
                    "collection snapshot list shows those that there are");
    }
    return read(collection, name);
}

Result<void> Snapshots::remove(const std::string& collection, const std::string& name) {
    VEXFS_TRY(check_collection_name(collection));
    VEXFS_TRY(check_name(name));
    const std::lock_guard lock(mutex_);
    if (!exists(collection, name))
        return fail(ErrorCode::not_found, fmt::format("collection {} has no snapshot {}", collection, name));
    const std::string parent = fmt::format("{}/{}", directory_, collection);
    const std::string aside = path_of(collection, std::string(being_removed) + name);
    VEXFS_TRY(disk_.remove_directory(aside));
    VEXFS_TRY(disk_.rename(path_of(collection, name), aside));
    VEXFS_TRY(disk_.sync_directory(parent));
    VEXFS_TRY(disk_.remove_directory(aside));
    VEXFS_ASSIGN(const auto left, disk_.list(parent));
    if (left.empty()) VEXFS_TRY(disk_.remove_directory(parent));
    return {};
}

}  // namespace vexfs
