// SPDX-License-Identifier: Apache-2.0
// What a collection has to do with its check and its repair.
#include <fmt/format.h>

#include <algorithm>

#include "engine/collection/check.h"
#include "engine/collection/local_collection.h"

namespace vexfs {

Result<CheckSource> LocalCollection::list_files() const {
    VEXFS_ASSIGN(CheckSource source, closed_source(disk_, name_, directory_));
    source.serving = CheckSource::Serving{manifest_, segments_.back().log->bytes()};
    return source;
}

Result<CheckSource> LocalCollection::check_source() {
    const std::lock_guard checkpoint(checkpoint_mutex_);
    const std::lock_guard write(write_mutex_);
    if (dropped_) return fail(ErrorCode::not_found, fmt::format("collection {} was deleted", name_));
    return list_files();
}

bool LocalCollection::goes_by(const std::string& file) const {
    const std::lock_guard write(write_mutex_);
    if (dropped_) return false;
    return std::ranges::any_of(manifest_.index, [&](const auto& index) { return index.file == file; }) ||
           std::ranges::any_of(manifest_.segments, [&](const ManifestSegment& segment) {
               return Segment::file_name(segment.number) == file;
           });
}

Result<CheckSource> LocalCollection::freeze() {
    const std::lock_guard checkpoint(checkpoint_mutex_);
    const std::lock_guard write(write_mutex_);
    if (dropped_) return fail(ErrorCode::not_found, fmt::format("collection {} was deleted", name_));
    VEXFS_TRY(sync_log());
    VEXFS_ASSIGN(CheckSource source, list_files());
    const std::lock_guard lock(schema_mutex_);
    const Error error{ErrorCode::busy,
                      fmt::format("collection {} takes no writes while it is repaired", name_),
                      "try again when the repair is done"};
    if (read_only_ && read_only_->code == ErrorCode::busy) return tl::unexpected(*read_only_);
    // One whose disk failed stays as it is.
    if (!read_only_) read_only_ = error;
    refuses_writes_ = true;
    return source;
}

void LocalCollection::thaw() {
    const std::lock_guard write(write_mutex_);
    const std::lock_guard lock(schema_mutex_);
    if (!read_only_ || read_only_->code != ErrorCode::busy) return;
    read_only_.reset();
    refuses_writes_ = false;
}

Result<void> LocalCollection::rewrite_manifest() {
    const std::lock_guard write(write_mutex_);
    VEXFS_TRY(check_writable());
    return replace_manifest(manifest_);
}

Result<void> LocalCollection::rewrite_index(const WorkProgress& progress) {
    if (const auto served = index()) served->forget_saved();
    return optimize(progress);
}

}  // namespace vexfs
