// SPDX-License-Identifier: Apache-2.0
// Memory that readers use without a lock and a writer takes away: what is retired is ended when every reader
// who came before has left (after read-copy-update, McKenney & Slingwine 1998).
//
// Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

namespace vexfs {

class Epochs {
    struct Epoch {
        std::function<void()> end;
        std::shared_ptr<Epoch>
            next;  // which lasts as long as this one: readers here may see what is retired there
        ~Epoch() {
            if (end) end();
        }
    };

  public:
    // A reader. What it finds lasts as long as it does.
    using Guard = std::shared_ptr<const void>;
    Guard enter() const {
        const std::lock_guard lock(mutex_);
        return current_;
    }

    // Calls `end` when the readers of now have left, in the thread of the last one; at once where there are
    // none. Those who come later must not find what it ends.
    void retire(std::function<void()> end) {
        auto next = std::make_shared<Epoch>();
        std::unique_lock lock(mutex_);
        current_->end = std::move(end);
        current_->next = next;
        std::swap(current_, next);
        lock.unlock();  // `next` is the epoch that ended
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<Epoch> current_ = std::make_shared<Epoch>();
};

}  // namespace vexfs
