// SPDX-License-Identifier: Apache-2.0
// What one search or insertion works with, kept for the next one.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/index/hnsw_beam.h"

namespace vexfs::hnsw {

// A set of rows, a bit each: small enough to stay in cache. It is cleared by the words that were touched.
class VisitedSet {
  public:
    // Forgets all rows and takes rows below row_end from now on.
    void reset(uint32_t row_end) {
        clear();
        if (words_.size() * 64 < row_end) words_.resize((size_t{row_end} + 65'535) / 65'536 * 1024);
    }
    void clear() {
        for (const uint32_t word : touched_) words_[word] = 0;
        touched_.clear();
    }
    // Whether the row was not in it. Never, for rows beyond row_end: they came up after the search began.
    bool insert(uint32_t row) {
        const uint32_t word = row / 64;
        if (word >= words_.size()) return false;
        const uint64_t before = words_[word], bit = uint64_t{1} << (row % 64);
        if ((before & bit) != 0) return false;
        if (before == 0) touched_.push_back(word);
        words_[word] = before | bit;
        return true;
    }

  private:
    std::vector<uint64_t> words_;
    std::vector<uint32_t> touched_;
};

struct Scratch {
    VisitedSet visited;
    SortedBeam sorted_beam;
    HeapBeam heap_beam;
    std::vector<float> query;  // as Space keeps it
    std::vector<Neighbour> found;
    std::vector<std::vector<uint32_t>> kept;  // links of a new node, by layer
};

// Scratches that nobody uses at the moment. Lock-free: a slot is emptied or filled by one exchange.
class ScratchPool {
  public:
    ~ScratchPool() {
        for (auto& slot : slots_) delete slot.load(std::memory_order_relaxed);
    }

    std::unique_ptr<Scratch> take() {
        for (auto& slot : slots_)
            if (slot.load(std::memory_order_relaxed) != nullptr)
                if (Scratch* scratch = slot.exchange(nullptr, std::memory_order_acquire))
                    return std::unique_ptr<Scratch>(scratch);
        return std::make_unique<Scratch>();
    }
    // One for which there is no room is freed.
    void give_back(std::unique_ptr<Scratch> scratch) {
        for (auto& slot : slots_) {
            Scratch* empty = nullptr;
            if (slot.compare_exchange_strong(empty, scratch.get(), std::memory_order_release,
                                             std::memory_order_relaxed)) {
                static_cast<void>(scratch.release());
                return;
            }
        }
    }

  private:
    std::array<std::atomic<Scratch*>, 32> slots_{};
};

// A scratch for as long as this lives.
class BorrowedScratch {
  public:
    explicit BorrowedScratch(ScratchPool& pool) : pool_(pool), scratch_(pool.take()) {}
    ~BorrowedScratch() { pool_.give_back(std::move(scratch_)); }
    BorrowedScratch(const BorrowedScratch&) = delete;
    BorrowedScratch& operator=(const BorrowedScratch&) = delete;
    Scratch& operator*() const { return *scratch_; }

  private:
    ScratchPool& pool_;
    std::unique_ptr<Scratch> scratch_;
};

}  // namespace vexfs::hnsw
