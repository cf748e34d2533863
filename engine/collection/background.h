// SPDX-License-Identifier: Apache-2.0
// The threads that index what was written, for all collections of a store; one that writes the indexes down
// and reclaims disk space, so that indexing never waits for a disk; and one that syncs.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "engine/collection/local_collection.h"

namespace vexfs {

class Background {
  public:
    // How long a write of `async` durability may be acknowledged and not on the disk.
    static constexpr auto async_sync_max = std::chrono::milliseconds(500);

    explicit Background(unsigned threads);  // that index
    ~Background() { stop(); }               // after the blocks of rows that are in work

    void stop();
    void add(const std::shared_ptr<LocalCollection>& collection);
    void wake();       // there may be something to index or to write down
    void sync_soon();  // a collection is sync_due()
    unsigned threads() const;
    void set_threads(unsigned count);

  private:
    using Step = bool (LocalCollection::*)(const std::stop_token&);
    // Takes steps of all collections as long as there are any, and again when woken.
    void work(const std::stop_token& stop, Step step);
    void sync(const std::stop_token& stop);
    std::vector<std::shared_ptr<LocalCollection>> collections();

    mutable std::mutex mutex_;
    std::condition_variable_any changed_, sync_changed_;
    std::vector<std::weak_ptr<LocalCollection>> collections_;
    uint64_t wakes_ = 0;
    bool sync_soon_ = false;
    std::vector<std::jthread> indexers_;
    std::jthread maintainer_;
    std::jthread syncer_;
};

}  // namespace vexfs
