// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/store_state.h"

#include <fmt/format.h>

namespace vexfs {

std::string Store::State::path_of(std::string_view name) const {
    return fmt::format("{}/{}", collections_directory, name);
}

std::string Store::State::unused_path(std::string_view prefix, std::string_view name) {
    return path_of(fmt::format("{}{}-{}", prefix, ++paths, name));
}

CollectionOptions Store::State::collection_options() {
    CollectionOptions made;
    made.segment_bytes = options.segment_bytes;
    made.garbage_bytes_min = options.garbage_bytes_min;
    made.background_io = &background_io;
    if (background) {
        made.wake_background = [this] { background->wake(); };
        made.wake_syncer = [this] { background->sync_soon(); };
        made.index_threads = [this] { return background->threads(); };
        made.max_backlog = [this] { return max_backlog(); };
    }
    return made;
}

Result<std::shared_ptr<LocalCollection>> Store::State::open_collection(const std::string& name) {
    return LocalCollection::open(disk, name, path_of(name), collection_options());
}

void Store::State::keep(const std::string& name, std::shared_ptr<LocalCollection> collection) {
    if (background) background->add(collection);
    const std::unique_lock guard(mutex);
    collections[name] = std::move(collection);
    quarantined.erase(name);
}

Result<void> Store::State::open_all() {
    VEXFS_TRY(put_replaced_back());
    VEXFS_TRY(finish_repairs());
    VEXFS_ASSIGN(const auto entries, disk.list(collections_directory));
    for (const std::string& name : entries) {
        if (name.starts_with(being_made) || name.starts_with(being_removed)) {
            VEXFS_TRY(disk.remove_directory(path_of(name)));
            continue;
        }
        if (!check_collection_name(name)) continue;
        if (auto collection = open_collection(name)) {
            keep(name, std::move(*collection));
        } else {
            quarantine(name, collection.error());
        }
    }
    return {};
}

Result<void> Store::State::check_free(const std::string& name) const {
    const std::shared_lock guard(mutex);
    if (collections.contains(name))
        return fail(ErrorCode::already_exists, fmt::format("collection {} exists already", name));
    if (const auto entry = quarantined.find(name); entry != quarantined.end()) {
        return fail(ErrorCode::already_exists,
                    fmt::format("collection {} exists already, but can't be opened: {}", name,
                                entry->second.message));
    }
    return {};
}

}  // namespace vexfs
