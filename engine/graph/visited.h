// SPDX-License-Identifier: Apache-2.0
// The nodes that a search has come upon.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vexfs::graph {

// A set of nodes, a bit each, cleared by what was put in: a search costs nothing for nodes it doesn't see.
class Visited {
  public:
    void reset(size_t nodes) {
        for (size_t i = 0; i < touched_count_; ++i) words_[touched_[i]] = 0;
        touched_count_ = 0;
        const size_t words = (nodes + 63) / 64;
        if (words_.size() >= words) return;
        words_.resize(words);
        touched_.resize(words + 1);
    }
    // False where it was in the set. Without a branch: neither case is the rule.
    bool insert(uint32_t node) {
        uint64_t& word = words_[node / 64];
        const uint64_t bit = uint64_t{1} << (node % 64);
        const bool fresh = (word & bit) == 0;
        touched_[touched_count_] = node / 64;
        touched_count_ += word == 0 ? 1 : 0;
        word |= bit;
        return fresh;
    }

  private:
    std::vector<uint64_t> words_;
    std::vector<uint32_t> touched_;  // words that are not 0; one place more than words
    size_t touched_count_ = 0;
};

}  // namespace vexfs::graph
