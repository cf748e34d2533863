// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/behind.h"

#include <algorithm>

namespace vexfs {

OptimizeBehind::OptimizeBehind(Store& store) : store_(store), thread_([this] { run(); }) {}

OptimizeBehind::~OptimizeBehind() {
    stop();
}

void OptimizeBehind::add(const std::string& collection) {
    const std::lock_guard lock(mutex_);
    if (std::find(waiting_.begin(), waiting_.end(), collection) != waiting_.end()) return;
    waiting_.push_back(collection);
    changed_.notify_one();
}

void OptimizeBehind::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_one();
}

void OptimizeBehind::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
        if (stopped_) return;
        const std::string name = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        // A failure shows in the collection's info as background_error; there is nobody else to tell.
        if (const auto collection = store_.find(name)) {
            (void)(*collection)->optimize([this](uint64_t, uint64_t) { return !stopped_; });
        }
        lock.lock();
    }
}

}  // namespace vexfs
