// SPDX-License-Identifier: Apache-2.0
// A mutex of which the holder can tell that somebody waits for it, so that it need not take its time.
#pragma once

#include <atomic>
#include <mutex>

namespace vexfs {

class AwaitedMutex {
  public:
    void lock() {
        ++waiting_;
        mutex_.lock();
        --waiting_;
    }
    void unlock() { mutex_.unlock(); }
    bool awaited() const { return waiting_ != 0; }

  private:
    std::mutex mutex_;
    std::atomic<unsigned> waiting_ = 0;
};

}  // namespace vexfs
