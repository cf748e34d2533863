// SPDX-License-Identifier: Apache-2.0
// Answers of searches, kept for queries that come again. A key tells the query and the generation of the
// collection that it was asked of, so that no answer outlives a change. What was not used for the longest
// time goes first. Thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

namespace vexfs {

class QueryCache {
  public:
    struct Limits {
        uint64_t entries = 0;  // 0 keeps nothing
        uint64_t bytes = 0;    // about, keys and answers
    };
    struct Counts {
        uint64_t hits = 0, misses = 0;  // neither grows while nothing is kept
    };
    using Answer = std::shared_ptr<const nlohmann::json>;

    void set_limits(const Limits& limits);
    bool on() const;
    // Counts for the collection. Null where there is none.
    Answer find(const std::string& collection, const std::string& key);
    // `bytes` is what the answer takes. One that would fill an eighth of the room is not kept.
    void put(std::string key, Answer answer, uint64_t bytes);

    Counts counts(const std::string& collection) const;
    // What is kept now.
    Limits used() const;
    // The collection was deleted.
    void forget_counts(const std::string& collection);

  private:
    struct Entry {
        std::string key;
        Answer answer;
        uint64_t bytes;
    };

    void make_room();  // under mutex_

    mutable std::mutex mutex_;  // guards what follows
    Limits limits_;
    std::list<Entry> entries_;                                                 // the last used first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;  // into entries_
    uint64_t bytes_ = 0;
    std::map<std::string, Counts> counts_;
};

}  // namespace vexfs
