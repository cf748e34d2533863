// SPDX-License-Identifier: Apache-2.0
// What `call`, `search` and `insert` have in common: bytes are written in, what comes of them is read out, as
// over a socket. Writing only takes the bytes; reading does what they ask for, and so does closing, for those
// who never read. A read that finds nothing to do is at the end, and more may be written after it.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "vexfsd/requests/service.h"
#include "vexfsd/tree/memory_budget.h"
#include "vexfsd/tree/open_file.h"

namespace vexfs {

class StreamFile : public OpenFile {
  public:
    // `readable`: the one who opened it can read replies; else errors are those of closing.
    StreamFile(MemoryBudget& budget, bool readable);

    Outcome<size_t> read(uint64_t offset, std::span<std::byte> bytes) final;
    Outcome<size_t> write(uint64_t offset, std::span<const std::byte> bytes) final;
    Outcome<size_t> write_request(std::span<const std::byte> bytes) final;
    // As a shell's ">" does, which means nothing here.
    Outcome<void> truncate(uint64_t) final { return {}; }
    Outcome<void> flush() final;
    std::chrono::microseconds take_held_back() final;
    std::optional<ReplyHold> take_hold() final;
    bool midway() final;
    bool may_take_long() const final { return true; }
    bool is_stream() const final { return true; }

  protected:
    // All are called under the mutex, one at a time.

    // Takes all of the bytes or, where they can't be, none.
    virtual Outcome<void> take(std::span<const std::byte> bytes) = 0;
    // Puts the reply to the bytes where they are one request, nothing was taken before, and they need not be
    // held; false where they are to be taken.
    virtual bool answer_whole(std::span<const std::byte>) { return false; }
    // What is done of what was taken, and its reply put by put_reply(); false where nothing is left to do. A
    // failure is that of reading.
    virtual Outcome<bool> work() = 0;
    // A descriptor was closed, though another may still be used. Does what is left; replies are put where
    // they can be read. A failure is that of closing.
    virtual Outcome<void> finish() = 0;
    // Bytes that were taken and are still held.
    virtual uint64_t held_bytes() const = 0;
    virtual void drop_held() = 0;

    void put_reply(Message reply);  // as it goes over a socket
    void put_reply(std::string_view text);
    // The reply is not to reach its reader sooner. Writes wait for those before them, so that the last
    // counts.
    void hold_back(const Message& reply);
    bool readable() const { return readable_; }

  private:
    Outcome<void> check_complete();
    Outcome<size_t> take_all(std::span<const std::byte> bytes);
    Outcome<void> account();
    void give_up();

    const bool readable_;
    std::mutex mutex_;
    // So that a write need not wait for a request. One waits for a descriptor's close, which is short where
    // nothing is left to do.
    std::atomic<bool> in_work_ = false;
    std::vector<std::byte> reply_;
    size_t read_bytes_ = 0;  // of the reply
    bool given_up_ = false;
    std::chrono::steady_clock::time_point held_back_until_;
    std::optional<ReplyHold> hold_;  // of the last reply
    MemoryBudget::Share share_;
};

}  // namespace vexfs
