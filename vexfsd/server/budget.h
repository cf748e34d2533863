// SPDX-License-Identifier: Apache-2.0
// How many bytes of requests are in memory, of all connections together. Who would go over the limit waits.
//
// So that waiters who hold parts of their requests can't block each other for ever, one at a time is chosen
// and may go over the limit until its request is answered: the bytes never exceed the limit and one request.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace vexfs {

class Budget {
  public:
    explicit Budget(uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}
    void set_limit(uint64_t limit_bytes) { limit_bytes_ = limit_bytes; }
    uint64_t used_bytes() const { return used_bytes_; }

    // False where the holder has to wait; it is in the queue then.
    bool take(uint64_t holder, uint64_t bytes);
    void give_back(uint64_t bytes) { used_bytes_ -= bytes; }
    // The holder's request is answered, or the holder gone.
    void leave(uint64_t holder);
    // The first waiter that may try again, out of the queue.
    std::optional<uint64_t> next();

  private:
    struct Waiter {
        uint64_t holder;
        uint64_t bytes;
    };
    bool fits(uint64_t bytes) const {
        return used_bytes_ <= limit_bytes_ && bytes <= limit_bytes_ - used_bytes_;
    }

    uint64_t limit_bytes_;
    uint64_t used_bytes_ = 0;
    std::optional<uint64_t> chosen_;
    std::deque<Waiter> waiting_;
};

}  // namespace vexfs
