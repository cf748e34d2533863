// SPDX-License-Identifier: Apache-2.0
// One thread that optimizes collections behind the replies, in the order they were asked for.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "engine/collection/store.h"

namespace vexfs {

class OptimizeBehind {
  public:
    explicit OptimizeBehind(Store& store);
    ~OptimizeBehind();

    // Asked for twice, it is done once.
    void add(const std::string& collection);
    // Ends the work that runs as soon as it can.
    void stop();
    bool stopped() const { return stopped_; }

  private:
    void run();

    Store& store_;
    std::atomic<bool> stopped_ = false;
    std::mutex mutex_;  // guards waiting_
    std::condition_variable changed_;
    std::deque<std::string> waiting_;
    std::jthread thread_;
};

}  // namespace vexfs
