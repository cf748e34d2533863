// SPDX-License-Identifier: Apache-2.0
// Group commit: callers that wait at the same time share one fdatasync.
//
// Who starts an fdatasync first gathers: it waits until as many writes have come as are under way by what was
// seen last (those that shared the last fdatasync, and those that came while it ran). A lone writer waits for
// nobody. Thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "engine/base/function_ref.h"
#include "engine/base/result.h"

namespace vexfs {

class GroupCommit {
  public:
    static constexpr auto gather_time_max = std::chrono::milliseconds(2);
    static constexpr uint64_t gather_bytes_max = uint64_t{4} << 20;

    explicit GroupCommit(std::chrono::milliseconds time_max = gather_time_max) : time_max_(time_max) {}

    struct Write {
        uint64_t sequence = 0;
        uint64_t bytes = 0;
        uint32_t batch_max = 1;  // writes that may gather for one fdatasync
    };
    // Returns when that write is on the disk. `sync` is called without a lock held, by one thread at a time;
    // it puts on the disk all that was appended before and returns the last sequence of it. After a failed
    // sync every wait fails: what the disk kept is known only after recovery.
    Result<void> wait(const Write& write, FunctionRef<Result<uint64_t>()> sync) {
        std::unique_lock lock(mutex_);
        if (synced_ >= write.sequence) return {};
        const Place place(*this, write.bytes);
        while (synced_ < write.sequence) {
            if (failure_) return tl::unexpected(*failure_);
            if (syncing_) {
                changed_.wait(lock);
                continue;
            }
            syncing_ = true;
            gather(lock, write.batch_max);
            const uint64_t shared_by = waiting_;
            waiting_ = waiting_bytes_ = 0;
            ++round_;
            lock.unlock();
            const auto reached = sync();
            lock.lock();
            syncing_ = false;
            ++syncs_;
            under_way_ = shared_by + waiting_;
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
    // The same, by an fdatasync that one write had for itself.
    void synced(uint64_t sequence) {
        reached(sequence);
        const std::lock_guard lock(mutex_);
        ++syncs_;
    }

    uint64_t syncs() const {
        const std::lock_guard lock(mutex_);
        return syncs_;
    }
    // Writes that wait for the next fdatasync.
    uint64_t waiting() const {
        const std::lock_guard lock(mutex_);
        return waiting_;
    }

  private:
    // A write among those that wait, until an fdatasync that is for it begins or it need not wait. Under
    // mutex_.
    class Place {
      public:
        Place(GroupCommit& group, uint64_t bytes) : group_(group), bytes_(bytes), round_(group.round_) {
            ++group_.waiting_;
            group_.waiting_bytes_ += bytes_;
            group_.arrived_.notify_one();
        }
        ~Place() {
            if (group_.round_ != round_) return;
            --group_.waiting_;
            group_.waiting_bytes_ -= bytes_;
        }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

      private:
        GroupCommit& group_;
        uint64_t bytes_, round_;
    };

    void gather(std::unique_lock<std::mutex>& lock, uint32_t batch_max) {
        const uint64_t expected = std::min<uint64_t>(batch_max, under_way_);
        arrived_.wait_for(lock, time_max_,
                          [&] { return waiting_ >= expected || waiting_bytes_ >= gather_bytes_max; });
    }

    const std::chrono::milliseconds time_max_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable arrived_;  // one more waits
    uint64_t synced_ = 0;
    uint64_t syncs_ = 0;
    bool syncing_ = false;  // or gathering for it
    uint64_t waiting_ = 0, waiting_bytes_ = 0, round_ = 0;
    uint64_t under_way_ = 1;
    std::optional<Error> failure_;
};

}  // namespace vexfs
