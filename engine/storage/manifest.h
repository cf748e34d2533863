// SPDX-License-Identifier: Apache-2.0
// MANIFEST: what a collection consists of. Two lines of text:
//
//   vexfs-manifest 1 <XXH3-64 of the second line, seeded with version - 1, 16 hexadecimal digits>
//   {"schema":{...},"salt":...,"segments":[{"number":1,"rows":1000,"bytes":409600}],"index":[{"file":"...","first_row":0,"end_row":900}],
//    "first_row":0,"next_id":0,"import_rows":[[<key>,1000]],...}
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/collection/schema.h"
#include "engine/storage/disk.h"

namespace vexfs {

struct ManifestSegment {
    uint64_t number = 0;
    uint64_t first_sequence = 0;
    uint64_t rows = 0;   // inserted in a sealed segment; 0 for the active one, which is the last
    uint64_t bytes = 0;  // of a sealed segment; of the active one, what is known to be on the disk at least
};

// A file of the index: it holds the rows from first_row to below end_row.
struct ManifestIndex {
    std::string file;
    uint64_t first_row = 0, end_row = 0;

    bool operator==(const ManifestIndex&) const = default;
};

struct Manifest {
    Schema schema;
    uint64_t salt = 0;
    uint64_t revision = 0;     // grows with every replacement
    uint64_t next_number = 1;  // of files
    std::vector<ManifestSegment> segments;
    std::vector<ManifestIndex> index;  // in the order of their rows
    // Of segments that are gone, when the last of them went.
    uint64_t first_row = 0;                    // number of the first row that is inserted in `segments`
    uint64_t next_id = 0;                      // above each that was ever used
    std::map<uint64_t, uint64_t> import_rows;  // rows done, by ImportMark::key
};

inline constexpr std::string_view manifest_name = "MANIFEST";

// corrupt for a damaged file, unsupported for one of a newer version.
Result<Manifest> read_manifest(Disk& disk, const std::string& directory);
// Counts the revision up. The old manifest or the new one is there after a crash, never a mixture. After
// io_error it is not known which; after other errors it is the old one.
Result<void> write_manifest(Disk& disk, const std::string& directory, Manifest& manifest);

}  // namespace vexfs
