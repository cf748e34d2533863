// SPDX-License-Identifier: Apache-2.0
// A file that somebody has opened. It knows who that was, and acts for them.
//
// Thread-safe. Where may_take_long() says so, read, flush and sync may take as long as a request does, and
// wait for one another; everything else returns soon.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "vexfsd/requests/generation_board.h"
#include "vexfsd/tree/outcome.h"

namespace vexfs {

// What a file consists of that never changes: its first bytes, and behind them pieces of mapped files. They
// are there as long as it is open.
struct Backing {
    std::string_view head;
    std::vector<std::span<const std::byte>> pieces;
};

class OpenFile {
  public:
    virtual ~OpenFile() = default;

    // How many bytes were read, 0 at the end.
    virtual Outcome<size_t> read(uint64_t offset, std::span<std::byte> bytes) = 0;
    virtual Outcome<size_t> write(uint64_t offset, std::span<const std::byte> bytes) = 0;
    // write() of a request that is whole, whose reply is read next; it may take as long as reading does.
    virtual Outcome<size_t> write_request(std::span<const std::byte> bytes) { return write(0, bytes); }
    virtual Outcome<void> truncate(uint64_t bytes) = 0;
    // One of the descriptors was closed: what was written takes effect.
    virtual Outcome<void> flush() { return {}; }
    virtual Outcome<void> sync() { return flush(); }

    // For how long the answer to what was called last is to be held back, indexing being behind: whoever has
    // to answer does so later, and keeps no thread for it. Asked once, it is 0.
    virtual std::chrono::microseconds take_held_back() { return std::chrono::microseconds(0); }

    // For how long the reply that was read last holds. Asked once.
    virtual std::optional<ReplyHold> take_hold() { return std::nullopt; }
    // Of a vector that is written to it, 0 where none is.
    virtual uint32_t row_bytes() const { return 0; }

    virtual bool may_take_long() const { return false; }
    // flush() waits by itself, for longer than requests do.
    virtual bool flush_waits() const { return false; }
    // Bytes come and go in their order, as with a socket: offsets mean nothing.
    virtual bool is_stream() const { return false; }
    // Whether it holds bytes that were written and had no effect yet, or a reply that is not read: what would
    // be lost with it.
    virtual bool midway() { return false; }
    // What is read once is the same ever after, so that it can be kept and mapped.
    virtual bool never_changes() const { return false; }
    // Of a file that never changes; none where it isn't of at most so many pieces.
    virtual std::optional<Backing> backing(size_t) const { return std::nullopt; }
};

}  // namespace vexfs
