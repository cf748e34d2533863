// SPDX-License-Identifier: Apache-2.0
// What the files of Store have in common; for them alone.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>

#include "engine/base/unique_fd.h"
#include "engine/collection/background.h"
#include "engine/collection/store.h"

namespace vexfs {

// Names that no collection and no snapshot can have: they begin with a dot.
inline constexpr std::string_view being_made = ".new-";
inline constexpr std::string_view being_removed = ".removed-";
// One that a repair made and that is to take another's place: .repaired-TIME-NAME.
inline constexpr std::string_view being_repaired = ".repaired-";
// One whose place another takes: whole, and moved back at the next start unless the other stands there.
inline constexpr std::string_view being_replaced = ".replaced-";

struct Store::State {
    explicit State(const StoreOptions& asked) : options(asked) {}

    const StoreOptions options;
    const ChosenDisk chosen = choose_disk(options.io_backend);
    Disk& disk = options.disk != nullptr ? *options.disk : *chosen.disk;
    std::string collections_directory;
    UniqueFd lock;
    std::optional<Snapshots> snapshots;
    Uploads uploads{disk};

    mutable std::shared_mutex mutex;  // of the maps below
    std::map<std::string, std::shared_ptr<LocalCollection>, std::less<>> collections;
    std::map<std::string, Error, std::less<>> quarantined;
    std::mutex change_mutex;  // one creation, removal or replacement at a time
    std::atomic<uint64_t> paths = 0;
    std::unique_ptr<Background> background;
    IoBudget background_io;
    std::atomic<uint64_t> max_backlog_rows = 0, max_backlog_bytes = 0;

    std::string path_of(std::string_view name) const;
    // A path in the collections' directory that nothing has.
    std::string unused_path(std::string_view prefix, std::string_view name);

    Backlog max_backlog() const { return {max_backlog_rows, max_backlog_bytes}; }
    void set_max_backlog(const Backlog& limit) {
        max_backlog_rows = limit.rows;
        max_backlog_bytes = limit.bytes;
    }
    CollectionOptions collection_options();
    Result<std::shared_ptr<LocalCollection>> open_collection(const std::string& name);
    void keep(const std::string& name, std::shared_ptr<LocalCollection> collection);
    Result<void> open_all();
    // already_exists where there is a collection of that name, quarantined or not.
    Result<void> check_free(const std::string& name) const;

    // Null where none of that name is open.
    std::shared_ptr<LocalCollection> serving(const std::string& name) const;
    bool is_quarantined(const std::string& name) const;
    void quarantine(const std::string& name, Error error);

    // Repairs, store_repair.cpp.
    std::string damaged_directory() const { return options.directory + "/damaged"; }
    Result<void> finish_repairs();
    Result<void> open_again(const std::string& name);
    Result<RepairReport> salvage_into_place(const CheckSource& source,
                                            const std::shared_ptr<LocalCollection>& old,
                                            const CheckProgress& progress, RepairReport report);

    // Restores, store_restore.cpp.
    Result<void> put_replaced_back();
    // Moves the collection in `staged` to its place, in that of another where the target says so, if it can
    // be opened and nothing in it is damaged. `staged` is gone when it returns.
    Result<std::shared_ptr<Collection>> install(const std::string& staged, const RestoreTarget& target);

  private:
    Result<void> verify(const std::string& staged, const std::string& name);
    Result<std::shared_ptr<Collection>> move_in(const std::string& staged, const RestoreTarget& target);
    Result<void> replace_damaged(const std::string& repaired, const std::string& name,
                                 const std::string& kept);
};

}  // namespace vexfs
