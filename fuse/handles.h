// SPDX-License-Identifier: Apache-2.0
// Open files and directories by the numbers that the kernel has for them. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace vexfs::fuse {

template <class T>
class Handles {
  public:
    uint64_t add(std::shared_ptr<T> opened) {
        const std::lock_guard lock(mutex_);
        opened_.emplace(++last_, std::move(opened));
        return last_;
    }
    // By a number that the caller has chosen, which no other has.
    void put(uint64_t number, std::shared_ptr<T> opened) {
        const std::lock_guard lock(mutex_);
        opened_.emplace(number, std::move(opened));
    }
    // Null where there is none.
    std::shared_ptr<T> find(uint64_t number) const {
        const std::lock_guard lock(mutex_);
        const auto found = opened_.find(number);
        return found == opened_.end() ? nullptr : found->second;
    }
    // What was there, for the caller to destroy.
    std::shared_ptr<T> remove(uint64_t number) {
        const std::lock_guard lock(mutex_);
        const auto found = opened_.find(number);
        if (found == opened_.end()) return nullptr;
        std::shared_ptr<T> removed = std::move(found->second);
        opened_.erase(found);
        return removed;
    }

  private:
    mutable std::mutex mutex_;
    std::unordered_map<uint64_t, std::shared_ptr<T>> opened_;
    uint64_t last_ = 0;
};

}  // namespace vexfs::fuse
