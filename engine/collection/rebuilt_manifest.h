// SPDX-License-Identifier: Apache-2.0
// A manifest made again from the first pages of the logs, for a collection that has lost its own.
#pragma once

#include "engine/storage/manifest.h"

namespace vexfs {

struct RebuiltManifest {
    // Neither rows nor bytes are known of its segments, and first_sequence is 0 where a log's header is
    // damaged. It has no index.
    Manifest manifest;
    std::string schema_from;            // the log whose copy of the schema is the newest that can be read
    std::vector<std::string> left_out;  // logs of another collection
};

// corrupt where no log tells the schema.
Result<RebuiltManifest> rebuild_manifest(Disk& disk, const std::string& directory,
                                         const std::vector<std::string>& files);

}  // namespace vexfs
