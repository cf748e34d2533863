// SPDX-License-Identifier: Apache-2.0
// An index to which rows are added one after the other: Manhattan distance, which the codes of graph::Part
// don't know.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>

#include "engine/collection/index.h"

namespace vexfs {

class InsertedIndex final : public Index {
  public:
    // The graph holds the rows below `rows`; `file` is where it came from, if it did.
    InsertedIndex(std::unique_ptr<Hnsw> graph, uint32_t rows, std::string file);

    // Rows below this are in the graph.
    uint32_t indexed() const override { return indexed_.load(std::memory_order_acquire); }
    // Takes the next rows that nobody is adding and adds them, dead ones excepted. Any number of threads may
    // do so at once.
    bool work(const RowTable& rows, const IndexWork& work) override;
    bool settled() const override { return true; }
    uint32_t unsaved_rows() const override { return indexed() - saved_.load(std::memory_order_relaxed); }
    Answer search(const IndexQuery& query, std::vector<Neighbour>& out) const override;
    std::optional<double> expected_us(const IndexQuery& /*query*/) const override { return std::nullopt; }
    paths::CalibrationPoint calibration(double) const override { return {}; }
    size_t memory_bytes() const override { return graph_->memory_bytes(); }
    // Waits until nobody is adding, and keeps it so.
    Result<std::vector<ManifestIndex>> save(Disk& disk, const std::string& directory,
                                            const std::function<std::string()>& new_file, bool bulk) override;
    void forget_saved() override;

  private:
    static constexpr uint32_t block_rows = 64;

    std::unique_ptr<Hnsw> graph_;
    std::atomic<uint32_t> indexed_;
    std::atomic<uint32_t> saved_;

    std::mutex mutex_;
    std::string file_;
    std::condition_variable idle_;
    bool saving_ = false;         // no new blocks
    uint32_t claimed_;            // rows below this are added or being added
    std::set<uint32_t> in_work_;  // first rows of the blocks being added
};

}  // namespace vexfs
