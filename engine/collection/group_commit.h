// SPDX-License-Identifier: Apache-2.0
// Group commit: callers that wait at the same time share one fdatasync.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "engine/base/function_ref.h"
#include "engine/base/result.h"

namespace vexfs {

class GroupCommit {
  public:
    // Returns when the write with that sequence is on the disk. `sync` is called without a lock held, by one
    // thread at a time; it puts on the disk all that was appended before and returns the last sequence of it.
    // After a failed sync every wait fails: what the disk kept is known only after recovery.
    Result<void> wait(uint64_t sequence, FunctionRef<Result<uint64_t>()> sync) {
        std::unique_lock lock(mutex_);
        while (synced_ < sequence) {
            if (failure_) return tl::unexpected(*failure_);
            if (syncing_) {
                changed_.wait(lock);
                continue;
            }
            syncing_ = true;
            lock.unlock();
            const auto reached = sync();
            lock.lock();
            syncing_ = false;
            ++syncs_;
            if (reached) {
                synced_ = std::max(synced_, *reached);
            } else {
                failure_ = reached.error();
            }
            changed_.notify_all();
        }
        return {};
    }

    // Everything up to that sequence is known to be on the disk.
    void reached(uint64_t sequence) {
        const std::lock_guard lock(mutex_);
        synced_ = std::max(synced_, sequence);
        changed_.notify_all();
    }

    uint64_t syncs() const {
        const std::lock_guard lock(mutex_);
        return syncs_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    uint64_t synced_ = 0;
    uint64_t syncs_ = 0;
    bool syncing_ = false;
    std::optional<Error> failure_;
};

}  // namespace vexfs
