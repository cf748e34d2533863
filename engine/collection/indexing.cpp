// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/indexing.h"

#include <algorithm>

namespace vexfs {

Indexing::Indexing(std::unique_ptr<Hnsw> graph, uint32_t rows)
    : graph_(std::move(graph)), indexed_(rows), saved_(rows), claimed_(rows) {}

bool Indexing::add_some(const RowTable& rows) {
    uint32_t first = 0;
    uint32_t end = 0;
    {
        const std::lock_guard lock(mutex_);
        first = claimed_;
        end = static_cast<uint32_t>(std::min<uint64_t>(rows.size(), uint64_t{first} + block_rows));
        if (saving_ || first >= end) return false;
        claimed_ = end;
        in_work_.insert(first);
    }
    for (uint32_t row = first; row < end; ++row) {
        if (!rows.dead(row)) graph_->add(row, rows.vector(row));
    }
    const std::lock_guard lock(mutex_);
    in_work_.erase(first);
    indexed_.store(in_work_.empty() ? claimed_ : *in_work_.begin(), std::memory_order_release);
    idle_.notify_all();
    return true;
}

Result<uint32_t> Indexing::save(const std::string& path) {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return in_work_.empty() && !saving_; });
    saving_ = true;
    const uint32_t rows = claimed_;
    lock.unlock();
    const auto written = graph_->save(path);
    lock.lock();
    saving_ = false;
    idle_.notify_all();
    if (!written) return tl::unexpected(written.error());
    return rows;
}

}  // namespace vexfs
