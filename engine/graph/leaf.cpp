// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/leaf.h"

#include <algorithm>
#include <limits>

namespace vexfs::graph {
namespace {

constexpr size_t candidates_max = 20;
constexpr size_t sample_points = 128;
constexpr float alpha = 1.1F;  // on squared distances

}  // namespace

void Leaf::measure(const codes::Int8Table& table, const std::vector<uint32_t>& members) {
    members_ = &members;
    block_.pack(table, members.data(), members.size());
    stride_ = block_.padded_count();
    distances_.resize(members.size() * stride_);
    below_.resize(stride_ + 16);
    simd::code_kernels().int8_distances(block_.rows(0), members.size(), block_.panel(), members.size(),
                                        distances_.data(), stride_);
    for (size_t i = 0; i < members.size(); ++i)
        distances_[i * stride_ + i] = std::numeric_limits<float>::infinity();
}

size_t Leaf::links_of(size_t i, std::array<Link, leaf_links_max>& links) {
    const float* row = &distances_[i * stride_];
    const size_t count = members_->size();
    const auto select = [&](float threshold) {
        const size_t found = simd::code_kernels().select_below(row, count, threshold, below_.data());
        nearest_.clear();
        for (size_t k = 0; k < found; ++k) nearest_.push_back({row[below_[k]], below_[k]});
    };
    // A sample's quantile lets through somewhat more than are wanted, mostly.
    float threshold = std::numeric_limits<float>::max();
    if (count > 2 * sample_points) {
        std::array<float, sample_points> sample;
        std::copy(row, row + sample_points, sample.begin());
        const auto rank = sample.begin() + 2 * candidates_max * sample_points / static_cast<ptrdiff_t>(count);
        std::nth_element(sample.begin(), rank, sample.end());
        threshold = *rank;
    }
    select(threshold);
    if (nearest_.size() < std::min(candidates_max, count - 1)) select(std::numeric_limits<float>::max());
    if (nearest_.size() > candidates_max) {
        std::nth_element(nearest_.begin(), nearest_.begin() + candidates_max, nearest_.end());
        nearest_.resize(candidates_max);
    }
    std::sort(nearest_.begin(), nearest_.end());
    size_t kept = 0;
    for (const Link& candidate : nearest_) {
        if (kept == links.size()) break;
        const float* of_candidate = &distances_[candidate.node * stride_];
        const bool hidden = std::any_of(links.begin(), links.begin() + kept, [&](const Link& link) {
            return alpha * of_candidate[link.node] <= candidate.distance;
        });
        if (!hidden) links[kept++] = candidate;
    }
    for (size_t k = 0; k < kept; ++k) links[k].node = (*members_)[links[k].node];
    return kept;
}

}  // namespace vexfs::graph
