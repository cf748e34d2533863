// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/inserted_index.h"

#include <algorithm>

namespace vexfs {

InsertedIndex::InsertedIndex(std::unique_ptr<Hnsw> graph, uint32_t rows, std::string file)
    : graph_(std::move(graph)), indexed_(rows), saved_(rows), file_(std::move(file)), claimed_(rows) {}

bool InsertedIndex::work(const RowTable& rows, const IndexWork&) {
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

Index::Answer InsertedIndex::search(const IndexQuery& query, std::vector<Neighbour>& out) const {
    return {graph_->search(query.vector, query.limit, query.ef, query.accept, out), paths::Path::graph,
            query.ef};
}

Result<std::vector<ManifestIndex>> InsertedIndex::save(Disk& disk, const std::string& directory,
                                                       const std::function<std::string()>& new_file,
                                                       bool bulk) {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return in_work_.empty() && !saving_; });
    if (unsaved_rows() == 0 && !file_.empty()) return std::vector<ManifestIndex>{{file_, 0, claimed_}};
    saving_ = true;
    const uint32_t rows = claimed_;
    lock.unlock();
    std::string file = new_file();
    const auto written = graph_->save(directory + "/" + file, disk, bulk);
    lock.lock();
    saving_ = false;
    idle_.notify_all();
    if (!written) return tl::unexpected(written.error());
    file_ = std::move(file);
    saved_.store(rows, std::memory_order_relaxed);
    return std::vector<ManifestIndex>{{file_, 0, rows}};
}

void InsertedIndex::forget_saved() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return !saving_; });
    file_.clear();
    saved_.store(0, std::memory_order_relaxed);
}

}  // namespace vexfs
