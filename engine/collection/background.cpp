// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/background.h"

#include <unistd.h>

#include <algorithm>

#include "engine/base/thread_name.h"

namespace vexfs {
namespace {

constexpr auto look_again_after = std::chrono::milliseconds(200);

// Of this thread and those that it begins: where searches and writes want all CPUs, they get three quarters.
void let_others_go_first() {
    constexpr int niceness = 5;
    // On Linux this is of a thread. Where it is refused, nothing goes first.
    [[maybe_unused]] const int now = nice(niceness);
}

}  // namespace

Background::Background(unsigned threads)
    : maintainer_([this](const std::stop_token& stop) {
          name_thread("vexfs-maintain");
          work(stop, &LocalCollection::maintain_some);
      }),
      syncer_([this](const std::stop_token& stop) {
          name_thread("vexfs-sync");
          sync(stop);
      }) {
    set_threads(threads);
}

void Background::stop() {
    maintainer_.request_stop();
    set_threads(0);
    syncer_.request_stop();
    for (std::jthread* thread : {&maintainer_, &syncer_})
        if (thread->joinable()) thread->join();
}

void Background::add(const std::shared_ptr<LocalCollection>& collection) {
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(collections_, [](const auto& weak) { return weak.expired(); });
        collections_.push_back(collection);
    }
    wake();
}

void Background::wake() {
    {
        const std::lock_guard lock(mutex_);
        ++wakes_;
    }
    changed_.notify_all();
}

void Background::sync_soon() {
    {
        const std::lock_guard lock(mutex_);
        sync_soon_ = true;
    }
    sync_changed_.notify_one();
}

unsigned Background::threads() const {
    const std::lock_guard lock(mutex_);
    return static_cast<unsigned>(indexers_.size());
}

void Background::set_threads(unsigned count) {
    std::vector<std::jthread> ended;
    {
        const std::lock_guard lock(mutex_);
        while (indexers_.size() < count)
            indexers_.emplace_back([this](const std::stop_token& stop) {
                name_thread("vexfs-index");
                let_others_go_first();
                work(stop, &LocalCollection::index_some);
            });
        while (indexers_.size() > count) {
            ended.push_back(std::move(indexers_.back()));
            indexers_.pop_back();
        }
    }
    for (std::jthread& thread : ended) thread.request_stop();
}

std::vector<std::shared_ptr<LocalCollection>> Background::collections() {
    std::vector<std::shared_ptr<LocalCollection>> all;
    const std::lock_guard lock(mutex_);
    for (const auto& weak : collections_) {
        if (auto collection = weak.lock()) all.push_back(std::move(collection));
    }
    return all;
}

void Background::work(const std::stop_token& stop, Step step) {
    uint64_t seen = 0;
    while (!stop.stop_requested()) {
        {
            // Also from time to time: some work is due when nothing has come for a while.
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, stop, look_again_after, [&] { return wakes_ != seen; });
            seen = wakes_;
        }
        for (bool worked = true; worked && !stop.stop_requested();) {
            worked = false;
            for (const auto& collection : collections())
                worked |= !stop.stop_requested() && ((*collection).*step)(stop);
        }
    }
}

void Background::sync(const std::stop_token& stop) {
    auto all_due = std::chrono::steady_clock::now() + async_sync_max;
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(mutex_);
            sync_changed_.wait_until(lock, stop, all_due, [&] { return sync_soon_; });
            sync_soon_ = false;
        }
        const auto now = std::chrono::steady_clock::now();
        const bool all = now >= all_due;
        if (all) all_due = now + async_sync_max;
        for (const auto& collection : collections()) {
            if (all) {
                collection->sync_behind();
            } else if (collection->sync_due()) {
                collection->sync_async();
            }
        }
    }
}

}  // namespace vexfs
