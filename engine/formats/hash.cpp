// SPDX-License-Identifier: Apache-2.0
#include <xxhash.h>

#include <memory>
#include <vector>

#include "engine/formats/file.h"
#include "engine/formats/vector_file.h"

namespace vexfs {

Result<uint64_t> hash_file(const std::string& path) {
    VEXFS_ASSIGN(const auto file, formats::InputFile::open(path));
    const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), XXH3_freeState);
    if (!state || XXH3_64bits_reset(state.get()) != XXH_OK) {
        return fail(ErrorCode::internal, "hash " + path + ": no state for XXH3");
    }
    std::vector<std::byte> buffer(formats::buffer_bytes);
    uint64_t offset = 0;
    while (true) {
        VEXFS_ASSIGN(const size_t count, file.read_some(offset, buffer));
        if (count == 0) break;
        XXH3_64bits_update(state.get(), buffer.data(), count);
        offset += count;
    }
    const uint64_t hash = XXH3_64bits_digest(state.get());
    return hash != 0 ? hash : 1;  // 0 stands for "no source"
}

}  // namespace vexfs
