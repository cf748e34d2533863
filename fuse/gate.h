// SPDX-License-Identifier: Apache-2.0
// Lets some long calls run at once, each in the thread that it came in. Further ones wait without a thread:
// who is through takes the next. So that threads are left for what is answered at once, there must be more of
// them than calls that are let through. Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <mutex>

#include "vexfsd/base/in_work.h"

namespace vexfs::fuse {

class Gate {
  public:
    explicit Gate(unsigned running_max) : running_max_(running_max) {}

    // Runs `call` now, or later in another thread.
    void run(std::function<void()> call) {
        std::unique_lock lock(mutex_);
        if (running_ == running_max_) {
            waiting_.push_back(std::move(call));
        } else {
            run_now(std::move(lock), std::move(call));
        }
    }
    // Runs it before it returns, or says that it would have to wait.
    bool try_run(std::function<void()> call) {
        std::unique_lock lock(mutex_);
        if (running_ == running_max_) return false;
        run_now(std::move(lock), std::move(call));
        return true;
    }

    CallLoad load() const {
        const std::lock_guard lock(mutex_);
        return {running_, waiting_.size()};
    }

  private:
    void run_now(std::unique_lock<std::mutex> lock, std::function<void()> call) {
        ++running_;
        while (true) {
            lock.unlock();
            call();
            lock.lock();
            if (waiting_.empty()) break;
            call = std::move(waiting_.front());
            waiting_.pop_front();
        }
        --running_;
    }

    const unsigned running_max_;
    mutable std::mutex mutex_;  // guards what follows
    unsigned running_ = 0;
    std::deque<std::function<void()>> waiting_;
};

}  // namespace vexfs::fuse
