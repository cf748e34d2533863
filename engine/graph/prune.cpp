// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/prune.h"

#include <algorithm>
#include <limits>

namespace vexfs::graph {

void Pruner::sort(uint32_t node, std::vector<Link>& candidates) {
    keys_.clear();
    for (const Link& candidate : candidates) keys_.push_back(key_of(candidate));
    kernels_.sort_keys(keys_.data(), keys_.size());
    candidates.clear();
    for (const uint64_t key : keys_) {
        const Link candidate = link_of(key);
        if (candidate.node == node || (!candidates.empty() && candidates.back().node == candidate.node)) continue;
        candidates.push_back(candidate);
    }
}

std::span<const Link> Pruner::prune(std::span<const Link> candidates, size_t count,
                                    std::span<const float> alphas) {
    nodes_.clear();
    for (const Link& candidate : candidates) nodes_.push_back(candidate.node);
    block_.pack_columns(table_, nodes_.data(), nodes_.size());
    const size_t padded = block_.padded_count();
    between_.resize(padded);
    least_.assign(padded, std::numeric_limits<float>::infinity());
    taken_.assign(nodes_.size(), 0);
    kept_.clear();
    for (const float alpha : alphas) {
        for (size_t i = 0; i < nodes_.size() && kept_.size() < count; ++i) {
            if (taken_[i] != 0 || alpha * least_[i] <= candidates[i].distance) continue;
            taken_[i] = 1;
            kept_.push_back(candidates[i]);
            kernels_.int8_distances(table_.row(nodes_[i]), 1, block_.panel(), nodes_.size(), between_.data(),
                                    padded);
            for (size_t k = 0; k < padded; k += 16)
                for (size_t lane = k; lane < k + 16; ++lane)
                    least_[lane] = std::min(least_[lane], between_[lane]);
        }
        if (kept_.size() == count) break;
    }
    return kept_;
}

}  // namespace vexfs::graph
