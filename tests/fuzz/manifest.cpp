// SPDX-License-Identifier: Apache-2.0
// A manifest of any bytes is read or refused; what was read is written and read again as the same. Mutations
// get the checksum they need.
#include "engine/storage/manifest.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_disk.h"

using namespace vexfs;
using namespace vexfs::fuzz;

namespace {

const std::string directory = "docs";
const std::string path = directory + "/" + std::string(manifest_name);

// Into the 16 digits before the first newline, where there are as many.
void renew_checksum(std::span<uint8_t> file) {
    const size_t newline = text_of(file).find('\n');
    if (newline == std::string_view::npos || newline < 17 || file[newline - 17] != ' ') return;
    const auto body = file.subspan(newline + 1);
    const std::string digits = fmt::format("{:016x}", XXH3_64bits(body.data(), body.size()));
    std::ranges::copy(digits, file.begin() + static_cast<ptrdiff_t>(newline - digits.size()));
}

bool operator==(const ManifestSegment& a, const ManifestSegment& b) {
    return a.number == b.number && a.first_sequence == b.first_sequence && a.rows == b.rows &&
           a.bytes == b.bytes;
}

void require_same(const Manifest& a, const Manifest& b) {
    require(a.schema == b.schema, "the schema is kept");
    require(a.salt == b.salt && a.revision == b.revision && a.next_number == b.next_number,
            "the numbers are kept");
    require(std::ranges::equal(a.segments, b.segments, [](auto& one, auto& other) { return one == other; }),
            "the segments are kept");
    require(a.index == b.index, "the index is kept");
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned random) {
    size = LLVMFuzzerMutate(data, size, max_size);
    if (random % 16 != 0) renew_checksum({data, size});
    return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size > memory_file_bytes_max) return 0;
    MemoryDisk disk;
    disk.put(path, text_of({data, size}));
    auto manifest = read_manifest(disk, directory);
    if (!manifest) return 0;
    if (!write_manifest(disk, directory, *manifest)) return 0;  // the disk in memory is full
    const auto again = read_manifest(disk, directory);
    require(again.has_value(), "a manifest that was written can be read");
    require_same(*manifest, *again);
    return 0;
}
