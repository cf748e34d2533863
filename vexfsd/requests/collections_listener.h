// SPDX-License-Identifier: Apache-2.0
// Who wants to know what collections there are, and whose.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace vexfs {

// Called when something may have changed, before whoever asked for that is told of it, from any thread.
class CollectionsListener {
  public:
    virtual ~CollectionsListener() = default;
    // One was made or deleted, or its owner or mode may be others.
    virtual void collection_changed(const std::string& name) noexcept = 0;
    // So may any of them, and who may do what at the top.
    virtual void collections_changed() noexcept = 0;
};

// Thread-safe.
class CollectionsListeners {
  public:
    // As long as it lives.
    void add(const std::shared_ptr<CollectionsListener>& listener) {
        const std::lock_guard lock(mutex_);
        std::erase_if(listeners_, [](const auto& each) { return each.expired(); });
        listeners_.push_back(listener);
    }
    template <class Tell>
    void each(const Tell& tell) {
        std::unique_lock lock(mutex_);
        const auto listeners = listeners_;
        lock.unlock();
        for (const auto& each : listeners) {
            if (const auto listener = each.lock()) tell(*listener);
        }
    }

  private:
    std::mutex mutex_;  // guards what follows
    std::vector<std::weak_ptr<CollectionsListener>> listeners_;
};

}  // namespace vexfs
