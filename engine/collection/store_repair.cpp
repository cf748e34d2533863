// SPDX-License-Identifier: Apache-2.0
// The check and the repair of a store's collections.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "engine/collection/store_state.h"

namespace vexfs {
namespace {

constexpr size_t time_bytes = std::string_view("20261124T170512.123Z").size();

std::string now_as_text() {
    const auto now = std::chrono::system_clock::now();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
    return fmt::format("{:%Y%m%dT%H%M%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                       ms % 1'000);
}

bool damaged(const CheckReport& report, Part part) {
    return std::ranges::any_of(report.findings, [&](const Finding& finding) {
        return finding.part == part && finding.severity != Severity::note;
    });
}

}  // namespace

std::shared_ptr<LocalCollection> Store::State::serving(const std::string& name) const {
    const std::shared_lock guard(mutex);
    const auto entry = collections.find(name);
    return entry == collections.end() ? nullptr : entry->second;
}

// An error whose file is missing must not be taken for a collection that is.
void Store::State::quarantine(const std::string& name, Error error) {
    if (error.code == ErrorCode::not_found) error.code = ErrorCode::corrupt;
    if (error.code == ErrorCode::corrupt) {
        error.hint = fmt::format(
            "'vexfsctl collection check {}' tells all of the damage, and with --repair makes the collection "
            "again from what is whole",
            name);
    }
    std::shared_ptr<LocalCollection> gone;  // when the lock is free again
    const std::unique_lock guard(mutex);
    // One whose place another should have taken; it serves who has it.
    if (const auto entry = collections.find(name); entry != collections.end()) {
        gone = std::move(entry->second);
        collections.erase(entry);
    }
    quarantined[name] = std::move(error);
}

// The old one goes to the damaged ones and the new one to its place. From the moment on in which it is called
// repaired, the next start does what a crash left undone.
Result<void> Store::State::replace_damaged(const std::string& repaired, const std::string& name,
                                           const std::string& kept) {
    const std::string place = path_of(name);
    VEXFS_TRY(disk.rename(place, kept));
    const auto moved = [&]() -> Result<void> {
        VEXFS_TRY(disk.sync_directory(damaged_directory()));
        VEXFS_TRY(disk.rename(repaired, place));
        return disk.sync_directory(collections_directory);
    }();
    if (!moved) static_cast<void>(disk.rename(kept, place));
    return moved;
}

Result<void> Store::State::finish_repairs() {
    VEXFS_ASSIGN(const auto entries, disk.list(collections_directory));
    for (const std::string& entry : entries) {
        if (!entry.starts_with(being_repaired)) continue;
        const std::string_view rest = std::string_view(entry).substr(being_repaired.size());
        if (rest.size() <= time_bytes + 1) continue;
        const std::string name(rest.substr(time_bytes + 1));
        const std::string kept =
            fmt::format("{}/{}-{}", damaged_directory(), name, rest.substr(0, time_bytes));
        if (std::ranges::find(entries, name) != entries.end()) {
            VEXFS_TRY(replace_damaged(path_of(entry), name, kept));
        } else {
            VEXFS_TRY(disk.rename(path_of(entry), path_of(name)));
            VEXFS_TRY(disk.sync_directory(collections_directory));
        }
    }
    return {};
}

Result<CheckReport> Store::check(const std::string& name, const CheckProgress& progress) const {
    if (const auto collection = state_->serving(name)) {
        VEXFS_ASSIGN(const CheckSource source, collection->check_source());
        auto report = check_files(state_->disk, source, progress,
                                  [&](const std::string& file) { return collection->goes_by(file); });
        VEXFS_TRY(find(name));  // else it was deleted meanwhile
        return report;
    }
    if (const auto found = find(name); !found && found.error().code == ErrorCode::not_found)
        return tl::unexpected(found.error());
    VEXFS_ASSIGN(const CheckSource source, closed_source(state_->disk, name, state_->path_of(name)));
    return check_files(state_->disk, source, progress, [](const std::string&) { return true; });
}

Result<Schema> Store::stored_schema(const std::string& name) const {
    VEXFS_TRY(check_collection_name(name));
    VEXFS_ASSIGN(Manifest manifest, read_manifest(state_->disk, state_->path_of(name)));
    return std::move(manifest.schema);
}

Result<RepairReport> Store::repair(const std::string& name, const CheckProgress& progress) {
    RepairReport report;
    VEXFS_ASSIGN(report.found, check(name, progress));
    const auto collection = state_->serving(name);
    const bool log = damaged(report.found, Part::log);
    const bool manifest = damaged(report.found, Part::manifest);
    if (!collection && !log && !manifest) {
        VEXFS_TRY(state_->open_again(name));
        report.done = Repair::opened;
        return report;
    }
    if (collection && !log) {
        if (report.found.clean()) return report;
        report.done = Repair::rewritten;
        if (manifest) VEXFS_TRY(collection->rewrite_manifest());
        if (damaged(report.found, Part::index)) VEXFS_TRY(collection->rewrite_index(progress));
        return report;
    }
    const auto source =
        collection ? collection->freeze() : closed_source(state_->disk, name, state_->path_of(name));
    if (!source) return tl::unexpected(source.error());
    return state_->salvage_into_place(*source, collection, progress, std::move(report));
}

Result<void> Store::State::open_again(const std::string& name) {
    const std::lock_guard change(change_mutex);
    auto opened = open_collection(name);
    if (!opened) {
        quarantine(name, opened.error());
        return tl::unexpected(opened.error());
    }
    keep(name, std::move(*opened));
    return {};
}

Result<RepairReport> Store::State::salvage_into_place(const CheckSource& source,
                                                      const std::shared_ptr<LocalCollection>& old,
                                                      const CheckProgress& progress, RepairReport report) {
    const std::string& name = source.name;
    const std::string time = now_as_text();
    const std::string staged = path_of(fmt::format("{}{}-{}", being_made, time, name));
    const std::string repaired = path_of(fmt::format("{}{}-{}", being_repaired, time, name));
    report.kept_at = fmt::format("{}/{}-{}", damaged_directory(), name, time);
    report.done = Repair::salvaged;
    bool replaced = false;
    const auto done = [&]() -> Result<void> {
        VEXFS_TRY(disk.make_directory(staged));
        VEXFS_ASSIGN(report.salvaged, salvage(disk, source, staged, progress));
        VEXFS_TRY(disk.make_directory(damaged_directory()));
        VEXFS_TRY(disk.sync_directory(options.directory));
        VEXFS_TRY(replace_file(disk, report.kept_at + ".json", to_json(report).dump(2) + "\n"));

        const std::lock_guard change(change_mutex);
        const bool same = old ? serving(name) == old : is_quarantined(name);
        if (!same) {
            return fail(ErrorCode::busy,
                        fmt::format("collection {} was deleted or replaced while it was repaired", name));
        }
        VEXFS_TRY(disk.rename(staged, repaired));
        VEXFS_TRY(disk.sync_directory(collections_directory));
        VEXFS_TRY(replace_damaged(repaired, name, report.kept_at));
        replaced = true;
        auto opened = open_collection(name);
        if (!opened) {
            quarantine(name, opened.error());
            return tl::unexpected(opened.error());
        }
        keep(name, std::move(*opened));
        return {};
    }();
    if (done) return report;
    if (replaced) return tl::unexpected(done.error());
    if (old) old->thaw();
    static_cast<void>(disk.remove_directory(staged));
    static_cast<void>(disk.remove_directory(repaired));
    static_cast<void>(disk.remove(report.kept_at + ".json"));
    Error error = done.error();
    error.message = fmt::format("the repair of {} failed, nothing was changed: {}", name, error.message);
    return tl::unexpected(error);
}

bool Store::State::is_quarantined(const std::string& name) const {
    const std::shared_lock guard(mutex);
    return quarantined.contains(name);
}

}  // namespace vexfs
