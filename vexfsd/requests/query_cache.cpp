// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/query_cache.h"

#include <utility>

namespace vexfs {
namespace {

constexpr uint64_t share_max = 8;      // an entry is at most such a part of the room
constexpr uint64_t entry_bytes = 256;  // of lists and maps, beside key and answer

}  // namespace

void QueryCache::set_limits(const Limits& limits) {
    const std::lock_guard lock(mutex_);
    limits_ = limits;
    make_room();
}

bool QueryCache::on() const {
    const std::lock_guard lock(mutex_);
    return limits_.entries > 0 && limits_.bytes > 0;
}

QueryCache::Answer QueryCache::find(const std::string& collection, const std::string& key) {
    const std::lock_guard lock(mutex_);
    Counts& counts = counts_[collection];
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) {
        ++counts.misses;
        return nullptr;
    }
    ++counts.hits;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->answer;
}

void QueryCache::put(std::string key, Answer answer, uint64_t bytes) {
    bytes += key.size() + entry_bytes;
    const std::lock_guard lock(mutex_);
    if (bytes > limits_.bytes / share_max || by_key_.contains(key)) return;
    entries_.push_front({std::move(key), std::move(answer), bytes});
    by_key_.emplace(entries_.front().key, entries_.begin());
    bytes_ += bytes;
    make_room();
}

void QueryCache::make_room() {
    while (entries_.size() > limits_.entries || bytes_ > limits_.bytes) {
        bytes_ -= entries_.back().bytes;
        by_key_.erase(entries_.back().key);
        entries_.pop_back();
    }
}

QueryCache::Limits QueryCache::used() const {
    const std::lock_guard lock(mutex_);
    return {entries_.size(), bytes_};
}

QueryCache::Counts QueryCache::counts(const std::string& collection) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(collection);
    return found == counts_.end() ? Counts{} : found->second;
}

void QueryCache::forget_counts(const std::string& collection) {
    const std::lock_guard lock(mutex_);
    counts_.erase(collection);
}

}  // namespace vexfs
