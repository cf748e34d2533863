// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/frame_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace vexfs {
namespace {

std::string_view chars(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_blank(char c) {
    return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

}  // namespace

std::optional<RawMessage> whole_frame(std::span<const std::byte> bytes, uint64_t request_bytes_max) {
    if (bytes.size() < frame_prefix_bytes) return std::nullopt;
    const auto prefix = decode_prefix(bytes.first<frame_prefix_bytes>());
    const std::span<const std::byte> rest = bytes.subspan(frame_prefix_bytes);
    if (!prefix || rest.size() > request_bytes_max || prefix->header_bytes > rest.size() ||
        prefix->body_bytes != rest.size() - prefix->header_bytes)
        return std::nullopt;
    RawMessage message;
    message.header = chars(rest.first(prefix->header_bytes));
    message.lent = rest.subspan(prefix->header_bytes);
    return message;
}

size_t FrameReader::feed(std::span<const std::byte> input, uint64_t request_bytes_max) {
    size_t used = 0;
    while (used < input.size() && state_ != State::complete && state_ != State::failed) {
        const auto rest = input.subspan(used);
        switch (state_) {
            case State::start: used += feed_start(rest); break;
            case State::prefix: used += feed_prefix(rest, request_bytes_max); break;
            case State::header: used += feed_header(rest); break;
            case State::body: used += feed_body(rest); break;
            case State::line: used += feed_line(rest, request_bytes_max); break;
            case State::complete:
            case State::failed: break;
        }
    }
    return used;
}

void FrameReader::end() {
    if (state_ == State::line) state_ = State::complete;
}

RawMessage FrameReader::take() {
    state_ = State::start;
    prefix_used_ = 0;
    return std::exchange(message_, {});
}

// Blanks between messages are passed over, so that people can type.
size_t FrameReader::feed_start(std::span<const std::byte> input) {
    const std::string_view text = chars(input);
    size_t blanks = 0;
    while (blanks < text.size() && is_blank(text[blanks])) ++blanks;
    if (blanks == text.size()) return blanks;
    message_.text = text[blanks] == '{';
    state_ = message_.text ? State::line : State::prefix;
    return blanks;
}

size_t FrameReader::feed_prefix(std::span<const std::byte> input, uint64_t request_bytes_max) {
    const size_t count = std::min(input.size(), frame_prefix_bytes - prefix_used_);
    std::memcpy(prefix_bytes_.data() + prefix_used_, input.data(), count);
    prefix_used_ += count;
    // Who sends something else is told so before waiting for the rest of a prefix.
    const size_t known = std::min(prefix_used_, frame_magic.size());
    const bool other = std::memcmp(prefix_bytes_.data(), frame_magic.data(), known) != 0;
    if (!other && prefix_used_ < frame_prefix_bytes) return count;
    const auto prefix = decode_prefix(prefix_bytes_);
    if (!prefix) {
        refuse(prefix.error());
        return count;
    }
    if (prefix->header_bytes + prefix->body_bytes > request_bytes_max) {
        refuse({ErrorCode::too_large,
                fmt::format("the frame announces {} bytes, at most {} are taken",
                            prefix->header_bytes + prefix->body_bytes, request_bytes_max),
                "send less at a time, or raise server.max_request_bytes"});
        return count;
    }
    prefix_ = *prefix;
    state_ = State::header;
    return count;
}

size_t FrameReader::feed_header(std::span<const std::byte> input) {
    const size_t count = std::min<size_t>(input.size(), prefix_.header_bytes - message_.header.size());
    message_.header.append(chars(input.first(count)));
    if (message_.header.size() == prefix_.header_bytes) {
        state_ = prefix_.body_bytes == 0 ? State::complete : State::body;
    }
    return count;
}

size_t FrameReader::feed_body(std::span<const std::byte> input) {
    std::vector<std::byte>& body = message_.body;
    const size_t count = std::min<uint64_t>(input.size(), prefix_.body_bytes - body.size());
    if (body.size() + count > body.capacity()) {
        body.reserve(std::min<uint64_t>(prefix_.body_bytes, 2 * (body.size() + count)));
    }
    body.insert(body.end(), input.begin(), input.begin() + static_cast<ptrdiff_t>(count));
    if (body.size() == prefix_.body_bytes) state_ = State::complete;
    return count;
}

size_t FrameReader::feed_line(std::span<const std::byte> input, uint64_t request_bytes_max) {
    const std::string_view text = chars(input);
    const size_t newline = text.find('\n');
    const size_t count = std::min(newline, text.size());
    const uint64_t most = std::min<uint64_t>(request_bytes_max, header_bytes_max);
    if (message_.header.size() + count > most) {
        refuse({ErrorCode::too_large, fmt::format("the line has more than {} bytes", most),
                "send vectors as arrays in a frame, see vexfs-protocol(7)"});
        return count;
    }
    message_.header.append(text.substr(0, count));
    if (newline == std::string_view::npos) return count;
    state_ = State::complete;
    return count + 1;
}

void FrameReader::refuse(Error error) {
    state_ = State::failed;
    failure_ = std::move(error);
    message_.header = {};
    message_.body = {};
}

}  // namespace vexfs
