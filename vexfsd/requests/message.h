// SPDX-License-Identifier: Apache-2.0
// The request format, vexfs-protocol(7): one message each way, a JSON header and a body of raw little-endian
// arrays.
//
//   offset  size
//   0       4     magic "VXF2"
//   4       4     u32  header bytes
//   8       8     u64  body bytes
//   16            JSON header (UTF-8), then the body: the arrays of header["arrays"], in that order, without
//   gaps
//
// A message that begins with '{' is text: one JSON line, without a body.
#pragma once

#include <sys/uio.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "vexfsd/requests/generation_board.h"

namespace vexfs {

inline constexpr std::string_view frame_magic = "VXF2";
inline constexpr size_t frame_prefix_bytes = 16;
inline constexpr uint32_t header_bytes_max = 16u << 20;
inline constexpr uint64_t body_bytes_max = uint64_t{1} << 30;

struct Message {
    nlohmann::json header = nlohmann::json::object();
    std::vector<std::byte> body;
    bool text = false;  // came as a JSON line, and is answered by one
    // Of a reply, and not sent: that it is to reach the client so much later, so that the client goes slower.
    // Nothing is to be kept for it meanwhile but the reply, least of all a thread that answers requests.
    std::chrono::microseconds held_back{0};
    // Of a reply, and not sent: for how long the same request has the same reply. None where it may not.
    std::optional<ReplyHold> hold;
    // Of a request: its body where that is somebody else's, who keeps it until there is a reply.
    std::span<const std::byte> lent;
};

// One of header["arrays"]: {"name":"vectors","dtype":"f32","shape":[2,100]}; dtype f32, u64 or u8.
struct ArrayView {
    std::string name;
    std::string dtype;
    std::vector<uint64_t> shape;
    std::span<const std::byte> bytes;
};

// All arrays of a message; malformed where they contradict the body's size.
Result<std::vector<ArrayView>> arrays_of(const Message& message);

// Appends an array to a message's header and body.
void add_array(Message& message, std::string_view name, std::span<const float> values,
               std::vector<uint64_t> shape);
void add_array(Message& message, std::string_view name, std::span<const uint64_t> values,
               std::vector<uint64_t> shape);
void add_array(Message& message, std::string_view name, std::string_view bytes);
// The same for u8 that are still to be put there.
std::span<std::byte> add_array_of(Message& message, std::string_view name, size_t bytes);

// {"ok":false,"error":{"code","errno","message","hint"}} and back.
Message error_message(const Error& error);
// The error that a reply carries, none where it is ok.
std::optional<Error> error_of(const Message& reply);

// A message as it goes over a socket, in two parts so that a large body is not copied: a frame's prefix and
// header, or a line with '\n' where message.text; and the body.
struct Encoded {
    std::vector<std::byte> head, body;

    size_t bytes() const { return head.size() + body.size(); }
    // What is left of both when so many bytes are gone.
    std::array<iovec, 2> rest(size_t done) const;
};
Encoded encode_parts(Message message);
// Both in one.
std::vector<std::byte> encode(const Message& message);

// What the first frame_prefix_bytes of a binary message announce, checked against the limits.
struct FramePrefix {
    uint32_t header_bytes;
    uint64_t body_bytes;
};
Result<FramePrefix> decode_prefix(std::span<const std::byte, frame_prefix_bytes> bytes);
// Header bytes (or a text line) to a JSON object.
Result<nlohmann::json> decode_header(std::string_view text);

}  // namespace vexfs
