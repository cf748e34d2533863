// SPDX-License-Identifier: Apache-2.0

#include <vector>

#include "engine/base/xxh3.h"
#include "engine/formats/file.h"
#include "engine/formats/vector_file.h"

namespace vexfs {

Result<uint64_t> hash_file(const std::string& path) {
    VEXFS_ASSIGN(const auto file, formats::InputFile::open(path));
    Xxh3 all;
    std::vector<std::byte> buffer(formats::buffer_bytes);
    uint64_t offset = 0;
    while (true) {
        VEXFS_ASSIGN(const size_t count, file.read_some(offset, buffer));
        if (count == 0) break;
        all.add(buffer.data(), count);
        offset += count;
    }
    const uint64_t hash = all.digest();
    return hash != 0 ? hash : 1;  // 0 stands for "no source"
}

}  // namespace vexfs
