// SPDX-License-Identifier: Apache-2.0
// Messages as bytes, to feed readers and sockets with.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "vexfsd/requests/message.h"

namespace vexfs::test {

using json = nlohmann::json;
using Bytes = std::vector<std::byte>;

inline Bytes bytes_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

inline std::string_view chars_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A frame with so many bytes of body.
inline Bytes frame_bytes(json header, size_t body_bytes = 0) {
    Message message;
    message.header = std::move(header);
    if (body_bytes != 0) add_array(message, "data", std::string(body_bytes, 'x'));
    return encode(message);
}

inline Bytes line_bytes(const json& header) {
    return bytes_of(header.dump() + "\n");
}

// Only the first 16 bytes of a frame.
inline Bytes prefix_bytes(uint32_t header_bytes, uint64_t body_bytes) {
    Bytes bytes = bytes_of("VXF2");
    bytes.resize(frame_prefix_bytes);
    std::memcpy(bytes.data() + 4, &header_bytes, sizeof header_bytes);
    std::memcpy(bytes.data() + 8, &body_bytes, sizeof body_bytes);
    return bytes;
}

inline void append(Bytes& to, const Bytes& more) {
    to.insert(to.end(), more.begin(), more.end());
}

}  // namespace vexfs::test
