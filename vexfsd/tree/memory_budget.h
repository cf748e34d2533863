// SPDX-License-Identifier: Apache-2.0
// How many bytes the open files of the tree hold in memory, all together: requests that are not whole yet and
// replies that nobody has read yet. Who would go over the limit is refused.
//
// So that a client that stopped in the middle can't keep the others out, one that made no progress for a
// while loses what it holds when somebody else needs the room. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>

#include "vexfsd/tree/outcome.h"

namespace vexfs {

class MemoryBudget {
  public:
    struct Limits {
        uint64_t bytes_max = 0;
        std::chrono::seconds stalled_after{};
    };
    explicit MemoryBudget(const Limits& limits) : limits_(limits) {}
    void set_limits(const Limits& limits);
    uint64_t used_bytes() const;

    // What one file holds.
    class Share {
      public:
        // `drop` gives up what is held, by resize(0), unless the file is in use right now.
        Share(MemoryBudget& budget, std::function<void()> drop);
        ~Share();
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

        // ENOMEM where there is no room for more; nothing has changed then.
        Outcome<void> resize(uint64_t bytes);
        uint64_t bytes() const { return bytes_; }

      private:
        friend class MemoryBudget;
        MemoryBudget& budget_;
        std::function<void()> drop_;
        // Under the budget's mutex:
        uint64_t bytes_ = 0;
        std::chrono::steady_clock::time_point moved_at_;
        uint64_t moved_bytes_ = 0;  // since then
    };

  private:
    void drop_stalled(const Share& asking);

    // Recursive: a drop gives its bytes back while the shares are looked through.
    mutable std::recursive_mutex mutex_;
    Limits limits_;
    uint64_t used_bytes_ = 0;
    std::set<Share*> shares_;
};

}  // namespace vexfs
