// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "engine/collection/store_state.h"

namespace vexfs {
namespace {

Result<UniqueFd> lock_directory(const std::string& directory) {
    const std::string path = directory + "/LOCK";
    UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (!fd) return fail_errno(fmt::format("open {}", path), errno);
    if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return fail_errno(fmt::format("lock {}", path), errno);
        std::string holder(32, '\0');
        const ssize_t got = pread(fd.get(), holder.data(), holder.size(), 0);
        holder.resize(got > 0 ? static_cast<size_t>(got) : 0);
        std::erase(holder, '\n');
        return fail(ErrorCode::busy,
                    fmt::format("data directory {} is in use by process {}", directory, holder),
                    "stop that process, or use it: vexfsctl without --embedded asks the daemon");
    }
    const std::string pid = fmt::format("{}\n", getpid());
    if (ftruncate(fd.get(), 0) != 0 || pwrite(fd.get(), pid.data(), pid.size(), 0) < 0)
        return fail_errno(fmt::format("write {}", path), errno);
    return fd;
}

}  // namespace

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
    auto state = std::make_unique<State>(options);
    state->background_io.set_rate(options.background_bytes_per_s);
    state->set_max_backlog(options.max_backlog);
    state->collections_directory = options.directory + "/collections";
    state->snapshots.emplace(state->disk, options.directory + "/snapshots");
    VEXFS_TRY(state->disk.make_directory(state->collections_directory));
    VEXFS_TRY(state->disk.sync_directory(options.directory));
    VEXFS_ASSIGN(state->lock, lock_directory(options.directory));
    if (options.background_indexing) {
        const unsigned cpus = std::max(1u, std::thread::hardware_concurrency());
        state->background =
            std::make_unique<Background>(options.index_threads == 0 ? cpus : options.index_threads);
    }
    VEXFS_TRY(state->snapshots->clean_up());
    VEXFS_TRY(state->open_all());
    return std::unique_ptr<Store>(new Store(std::move(state)));
}

Store::~Store() {
    if (state_->background) state_->background->stop();
}

Result<std::shared_ptr<Collection>> Store::create(const std::string& name, const Schema& schema) {
    VEXFS_TRY(check_collection_name(name));
    VEXFS_TRY(vexfs::check(schema));
    const std::lock_guard change(state_->change_mutex);
    VEXFS_TRY(state_->check_free(name));
    // Made beside its place and moved there whole.
    const std::string fresh = state_->path_of(std::string(being_made) + name);
    VEXFS_TRY(state_->disk.remove_directory(fresh));
    VEXFS_TRY(state_->disk.make_directory(fresh));
    VEXFS_TRY(LocalCollection::create(state_->disk, fresh, schema));
    VEXFS_TRY(state_->disk.rename(fresh, state_->path_of(name)));
    VEXFS_TRY(state_->disk.sync_directory(state_->collections_directory));
    VEXFS_ASSIGN(auto collection, state_->open_collection(name));
    state_->keep(name, collection);
    return collection;
}

Result<std::shared_ptr<Collection>> Store::find(const std::string& name) const {
    const std::shared_lock lock(state_->mutex);
    if (const auto entry = state_->collections.find(name); entry != state_->collections.end())
        return entry->second;
    if (const auto entry = state_->quarantined.find(name); entry != state_->quarantined.end()) {
        Error error = entry->second;
        error.message = fmt::format("collection {} can't be opened: {}", name, error.message);
        return tl::unexpected(error);
    }
    return fail(ErrorCode::not_found, fmt::format("there is no collection {}", name),
                "collection list shows those that there are, collection create makes one");
}

Result<void> Store::drop(const std::string& name) {
    const std::lock_guard change(state_->change_mutex);
    std::shared_ptr<LocalCollection> collection;  // null where it is quarantined
    bool quarantined = false;
    {
        const std::shared_lock lock(state_->mutex);
        const auto entry = state_->collections.find(name);
        if (entry != state_->collections.end()) collection = entry->second;
        quarantined = state_->quarantined.contains(name);
    }
    if (!collection && !quarantined) return tl::unexpected(find(name).error());
    const std::string aside = state_->unused_path(being_removed, name);
    // Before its name is free for another: this one writes nothing any more.
    if (collection) collection->set_dropped(aside);
    if (auto moved = state_->disk.rename(state_->path_of(name), aside); !moved) {
        if (collection) collection->set_dropped(std::nullopt);
        return moved;
    }
    VEXFS_TRY(state_->disk.sync_directory(state_->collections_directory));
    {
        const std::unique_lock lock(state_->mutex);
        state_->collections.erase(name);
        state_->quarantined.erase(name);
    }
    if (!collection) VEXFS_TRY(state_->disk.remove_directory(aside));
    return {};
}

std::vector<std::string> Store::names() const {
    std::vector<std::string> all;
    const std::shared_lock lock(state_->mutex);
    for (const auto& [name, collection] : state_->collections) all.push_back(name);
    return all;
}

std::vector<Quarantined> Store::quarantined() const {
    std::vector<Quarantined> all;
    const std::shared_lock lock(state_->mutex);
    for (const auto& [name, error] : state_->quarantined) all.push_back({name, error});
    return all;
}

const ChosenDisk& Store::disk() const {
    return state_->chosen;
}

const std::string& Store::directory() const {
    return state_->options.directory;
}

unsigned Store::index_threads() const {
    return state_->background ? state_->background->threads() : 0;
}

void Store::set_index_threads(unsigned count) {
    if (state_->background) state_->background->set_threads(std::max(1u, count));
}

Backlog Store::max_backlog() const {
    return state_->max_backlog();
}

void Store::set_max_backlog(const Backlog& limit) {
    state_->set_max_backlog(limit);
}

void Store::set_background_bytes_per_s(uint64_t bytes) {
    state_->background_io.set_rate(bytes);
}

}  // namespace vexfs
