// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/uploads.h"

#include <fmt/format.h>

#include "engine/base/random.h"
#include "engine/collection/snapshot.h"

namespace vexfs {
namespace {

// Not to be guessed by those who may not use it.
std::string random_id() {
    return fmt::format("{:016x}{:016x}", random_number(), random_number());
}

}  // namespace

Result<std::string> Uploads::begin(Upload upload) {
    const std::lock_guard lock(mutex_);
    remove_idle();
    if (entries_.size() >= uploads_max) {
        return fail(ErrorCode::busy,
                    fmt::format("{} collections are being restored already", entries_.size()),
                    "wait for one of them");
    }
    VEXFS_TRY(disk_.make_directory(upload.directory));
    auto entry = std::make_shared<Entry>();
    entry->upload = std::move(upload);
    entry->used = std::chrono::steady_clock::now();
    std::string id = random_id();
    entries_.emplace(id, std::move(entry));
    return id;
}

void Uploads::remove_idle() {
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(entries_, [&](const auto& each) {
        const std::unique_lock writing(each.second->writing, std::try_to_lock);
        if (!writing || now - each.second->used < idle_max) return false;
        static_cast<void>(disk_.remove_directory(each.second->upload.directory));
        return true;
    });
}

Result<std::shared_ptr<Uploads::Entry>> Uploads::entry_of(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found != entries_.end()) return found->second;
    return fail(ErrorCode::not_found, "no such restore is under way",
                "it ended, nothing came for half an hour, or the daemon was restarted: begin again");
}

Result<Upload> Uploads::find(const std::string& id) const {
    VEXFS_ASSIGN(const auto entry, entry_of(id));
    return entry->upload;
}

Result<uint64_t> Uploads::write(const std::string& id, const std::string& file, uint64_t offset,
                                std::span<const std::byte> bytes) {
    if (file != manifest_name && !is_log_name(file) && !is_index_name(file)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("'{}' is no file of a collection", file.substr(0, 200)));
    }
    VEXFS_ASSIGN(const auto entry, entry_of(id));
    const std::lock_guard writing(entry->writing);
    if (offset == 0) VEXFS_TRY(begin_file(*entry, file));
    const uint64_t there = entry->current == file && entry->writer ? entry->writer->bytes() : 0;
    if (there != offset) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the next bytes of {} can't be those at {}", file, offset),
                    "files are sent one after the other, each from its first byte to its last");
    }
    VEXFS_TRY(entry->writer->write(bytes.data(), bytes.size()));
    entry->used = std::chrono::steady_clock::now();
    return offset + bytes.size();
}

Result<void> Uploads::begin_file(Entry& entry, const std::string& file) {
    VEXFS_TRY(finish_file(entry));
    const std::string path = fmt::format("{}/{}", entry.upload.directory, file);
    // As the collection will have it, where its manifest came first.
    const auto manifest = read_manifest(disk_, entry.upload.directory);
    const bool bulk = manifest && manifest->schema.io.use_direct_io;
    auto made = bulk ? disk_.create_bulk(path) : disk_.create(path);
    if (!made) return tl::unexpected(made.error());
    entry.current = file;
    entry.writer.emplace(std::move(*made));
    return {};
}

Result<void> Uploads::finish_file(Entry& entry) {
    if (!entry.writer) return {};
    auto done = entry.writer->finish();
    entry.writer.reset();
    return done;
}

Result<void> Uploads::finish(const std::string& id) {
    VEXFS_ASSIGN(const auto entry, entry_of(id));
    const std::lock_guard writing(entry->writing);
    return finish_file(*entry);
}

Result<Upload> Uploads::take(const std::string& id) {
    VEXFS_ASSIGN(const auto entry, entry_of(id));
    // A write that is under way comes to its end.
    const std::lock_guard writing(entry->writing);
    const std::lock_guard lock(mutex_);
    if (entries_.erase(id) == 0) return fail(ErrorCode::not_found, "the restore has ended meanwhile");
    return entry->upload;
}

Result<void> Uploads::abort(const std::string& id) {
    VEXFS_ASSIGN(const Upload upload, take(id));
    return disk_.remove_directory(upload.directory);
}

}  // namespace vexfs
