// SPDX-License-Identifier: Apache-2.0
// How many calls are in work, and the wait for none. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

namespace vexfs {

// Of requests that take their time.
struct CallLoad {
    uint64_t in_work = 0, waiting = 0;
};

class InWork {
  public:
    // One call, for as long as it lives; not longer than the counter.
    class Call {
      public:
        explicit Call(InWork& counter) : count_(counter.count_) { ++count_; }
        ~Call() { --count_; }
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;

      private:
        std::atomic<unsigned>& count_;
    };

    unsigned count() const { return count_; }
    // False where there is still one after that time.
    bool wait_none(std::chrono::milliseconds timeout) const {
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        while (count_ != 0) {
            if (std::chrono::steady_clock::now() >= deadline) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return true;
    }

  private:
    std::atomic<unsigned> count_ = 0;
};

}  // namespace vexfs
