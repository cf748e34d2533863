// SPDX-License-Identifier: Apache-2.0
// Runs calls when their time has come, in a thread of its own. They must be short. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace vexfs::fuse {

class Later {
  public:
    using Clock = std::chrono::steady_clock;

    Later() : thread_([this] { run(); }) {}
    // Runs what is left at once.
    ~Later() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_one();
    }
    Later(const Later&) = delete;
    Later& operator=(const Later&) = delete;

    void run_after(std::chrono::microseconds delay, std::function<void()> call) {
        {
            const std::lock_guard lock(mutex_);
            calls_.emplace(Clock::now() + delay, std::move(call));
        }
        changed_.notify_one();
    }

    size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return calls_.size();
    }

  private:
    void run() {
        std::unique_lock lock(mutex_);
        while (!stopping_ || !calls_.empty()) {
            if (calls_.empty()) {
                changed_.wait(lock);
                continue;
            }
            const auto first = calls_.begin();
            if (!stopping_ && first->first > Clock::now()) {
                const Clock::time_point when = first->first;
                changed_.wait_until(lock, when);
                continue;
            }
            const std::function<void()> call = std::move(first->second);
            calls_.erase(first);
            lock.unlock();
            call();
            lock.lock();
        }
    }

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::multimap<Clock::time_point, std::function<void()>> calls_;
    bool stopping_ = false;
    std::jthread thread_;
};

}  // namespace vexfs::fuse
