// SPDX-License-Identifier: Apache-2.0
// A file of a snapshot or a backup, and how two are told apart without reading them whole.
//
// A file's digest stands for its content. That of a log is made of its records' headers, which hold the
// checksums of what follows them; that of an index file is the checksum at its end. So a digest takes as many
// reads as there are records.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.h"
#include "engine/storage/disk.h"
#include "engine/storage/manifest.h"

namespace vexfs {

struct StoredFile {
    std::string name;  // NNNNNNNN.log or NNNNNNNN.hnsw
    uint64_t bytes = 0;
    uint64_t digest = 0;

    bool operator==(const StoredFile&) const = default;
};

// Describes a file of the kind that `name` says. corrupt, with the path and offset, where its headers are not
// whole.
Result<StoredFile> describe_file(const File& file, const std::string& path, const std::string& name);

// Reads it whole and is corrupt, with path and offset, where a checksum in it fails.
Result<void> verify_file(Disk& disk, const File& file, const std::string& path, const std::string& name);

// What nobody else's log may bring in: vectors that are not finite, and metadata that are no JSON objects of
// up to so many levels. Of a log in `directory` that is whole.
Result<void> check_log_content(Disk& disk, const std::string& directory, const Manifest& manifest,
                               const ManifestSegment& segment, int metadata_depth_max);

}  // namespace vexfs
