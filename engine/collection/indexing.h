// SPDX-License-Identifier: Apache-2.0
// A collection's graph and how far it has come: which rows it has, who is adding which, and what of it is on
// the disk.
//
// Thread-safe. Any number of threads may call add_some() at once.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "engine/collection/row_table.h"
#include "engine/index/hnsw.h"

namespace vexfs {

class Indexing {
  public:
    // The graph holds the rows below `rows`.
    Indexing(std::unique_ptr<Hnsw> graph, uint32_t rows);

    const Hnsw& graph() const { return *graph_; }
    uint32_t indexed() const {
        return indexed_.load(std::memory_order_acquire);
    }  // rows below this are in the graph

    // Takes the next rows that nobody is adding and adds them, dead ones excepted. False when there are none.
    bool add_some(const RowTable& rows);
    // Waits until nobody is adding, keeps it so, and writes the graph down. Returns how many rows it has.
    Result<uint32_t> save(const std::string& path);

    uint32_t saved() const { return saved_.load(std::memory_order_relaxed); }
    void set_saved(uint32_t rows) { saved_.store(rows, std::memory_order_relaxed); }

  private:
    static constexpr uint32_t block_rows = 64;

    std::unique_ptr<Hnsw> graph_;
    std::atomic<uint32_t> indexed_;
    std::atomic<uint32_t> saved_ = 0;

    std::mutex mutex_;
    std::condition_variable idle_;
    bool saving_ = false;         // no new blocks
    uint32_t claimed_;            // rows below this are added or being added
    std::set<uint32_t> in_work_;  // first rows of the blocks being added
};

}  // namespace vexfs
