// SPDX-License-Identifier: Apache-2.0
// Cuts a stream of bytes into messages, as they come. It trusts no announced size: memory is taken as bytes
// arrive, at most twice what has.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vexfsd/requests/message.h"

namespace vexfs {

// A message cut out, its header not yet read.
struct RawMessage {
    std::string header;
    std::vector<std::byte> body;
    bool text = false;
    std::span<const std::byte> lent;  // as in Message
};

// Bytes that are one frame and nothing else, with its body lent; none where they aren't, and feed() says why.
std::optional<RawMessage> whole_frame(std::span<const std::byte> bytes, uint64_t request_bytes_max);

class FrameReader {
  public:
    // Takes bytes up to the end of one message at most, and returns how many it took. Once complete() or
    // failure(), it takes nothing.
    size_t feed(std::span<const std::byte> input, uint64_t request_bytes_max);
    // The stream has ended: a line of text needs no newline then.
    void end();

    bool complete() const { return state_ == State::complete; }
    // Some of a message is here, not all.
    bool midway() const { return state_ != State::start && state_ != State::complete; }
    // The stream is no sequence of messages, or a message is too large: there is no way to go on.
    const std::optional<Error>& failure() const { return failure_; }
    // Whether what is here, or failed, is text.
    bool text() const { return message_.text; }
    size_t held_bytes() const { return message_.header.size() + message_.body.size(); }

    // The complete message; the reader is at the start of the next one after that.
    RawMessage take();

  private:
    enum class State { start, prefix, header, body, line, complete, failed };

    size_t feed_start(std::span<const std::byte> input);
    size_t feed_prefix(std::span<const std::byte> input, uint64_t request_bytes_max);
    size_t feed_header(std::span<const std::byte> input);
    size_t feed_body(std::span<const std::byte> input);
    size_t feed_line(std::span<const std::byte> input, uint64_t request_bytes_max);
    void refuse(Error error);

    State state_ = State::start;
    std::array<std::byte, frame_prefix_bytes> prefix_bytes_{};
    size_t prefix_used_ = 0;
    FramePrefix prefix_{};
    RawMessage message_;
    std::optional<Error> failure_;
};

}  // namespace vexfs
