// SPDX-License-Identifier: Apache-2.0
// Puts a collection in place that came from elsewhere.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/collection/snapshot.h"
#include "engine/collection/store_state.h"
#include "engine/collection/stored_file.h"

namespace vexfs {
namespace {

// Names become paths, and a file that is named twice would be two.
Result<void> check_names(const Manifest& manifest) {
    std::set<std::string> names{Segment::file_name(manifest.segments.back().number)};
    for (const std::string& name : sealed_files(manifest)) {
        const bool good = is_log_name(name) || is_index_name(name);
        if (!good || !names.insert(name).second)
            return fail(ErrorCode::corrupt,
                        fmt::format("the manifest names the file '{}'", name.substr(0, 200)));
    }
    return {};
}

Result<void> check_files(Disk& disk, const std::string& directory, const Manifest& manifest,
                         int metadata_depth_max) {
    for (const std::string& name : sealed_files(manifest)) {
        const std::string path = fmt::format("{}/{}", directory, name);
        VEXFS_ASSIGN(const auto file, disk.open(path));
        if (is_index_name(name)) VEXFS_TRY(verify_file(disk, *file, path, name));
    }
    for (size_t i = 0; i + 1 < manifest.segments.size(); ++i) {
        const ManifestSegment& segment = manifest.segments[i];
        VEXFS_TRY(check_log_content(disk, directory, manifest, segment, metadata_depth_max));
    }
    return {};
}

}  // namespace

Result<std::string> Store::begin_restore(const RestoreTarget& target, uint32_t uid) {
    VEXFS_TRY(check_collection_name(target.name));
    if (!target.replace) VEXFS_TRY(state_->check_free(target.name));
    return state_->uploads.begin({state_->unused_path(being_made, target.name), target, uid});
}

Uploads& Store::uploads() {
    return state_->uploads;
}

Result<std::shared_ptr<Collection>> Store::commit_restore(const std::string& id, int metadata_depth_max) {
    const auto whole = state_->uploads.finish(id);
    VEXFS_ASSIGN(const Upload upload, state_->uploads.take(id));
    Disk& disk = state_->disk;
    const auto made = [&]() -> Result<void> {
        VEXFS_TRY(whole);
        VEXFS_ASSIGN(Manifest manifest, read_manifest(disk, upload.directory));
        VEXFS_TRY(check_names(manifest));
        VEXFS_TRY(check_files(disk, upload.directory, manifest, metadata_depth_max));
        if (upload.target.access) {
            const uint32_t mode = manifest.schema.access.mode & 0777;
            manifest.schema.access = *upload.target.access;
            manifest.schema.access.mode = mode;
        }
        return begin_active_segment(disk, upload.directory, std::move(manifest));
    }();
    if (!made) {
        static_cast<void>(disk.remove_directory(upload.directory));
        return tl::unexpected(made.error());
    }
    return state_->install(upload.directory, upload.target);
}

}  // namespace vexfs
