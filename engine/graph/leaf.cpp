// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/leaf.h"

#include <algorithm>
#include <limits>

#include "engine/graph/partition.h"

namespace vexfs::graph {
namespace {

constexpr size_t nearest_max = 20;
constexpr size_t sorted_max = 128;  // more are cut down before they are sorted
constexpr float alpha = 1.1F;       // on squared distances

// Below it are somewhat more than nearest_max of the distances, mostly: the median of the least of some
// groups of them, of a size that half of such groups have one of the nearest. They are from all over the row,
// whose parts may be clusters.
float likely_threshold(const float* distances, size_t count) {
    constexpr size_t groups = 16;
    const size_t group = count * 7 / (10 * 2 * nearest_max);  // ln 2 / (2 * nearest_max / count)
    if (group < 3) return std::numeric_limits<float>::max();
    std::array<float, groups> least;
    std::copy_n(distances, groups, least.begin());
    const size_t step = (count - groups) / (group - 1);
    for (size_t k = 1; k < group; ++k)
        for (size_t i = 0; i < groups; ++i) {
            const float distance = distances[k * step + i];
            least[i] = distance < least[i] ? distance : least[i];
        }
    // That which half of them are below, or of equals fewer. Without a branch that depends on the data.
    float median = 0;
    int32_t below_median = -1;
    for (const float one : least) {
        int32_t below = 0;
        for (const float other : least) below += other < one ? 1 : 0;
        const bool nearer = below <= int32_t{groups / 2} && below > below_median;
        median = nearer ? one : median;
        below_median = nearer ? below : below_median;
    }
    return median;
}

}  // namespace

void Leaf::measure(const codes::Int8Table& table, const std::vector<uint32_t>& members) {
    members_ = &members;
    block_.pack(table, members.data(), members.size());
    stride_ = block_.padded_count();
    if (members.size() * stride_ > room_) {
        // No leaf of a partition is larger.
        room_ = std::max(members.size(), leaf_points_max) * std::max(stride_, leaf_points_max);
        memory_ = AnonymousMemory(room_ * sizeof(float));
        distances_ = reinterpret_cast<float*>(memory_.data());
    }
    below_.resize(stride_ + 16);
    simd::code_kernels().int8_distances(block_.rows(0), members.size(), block_.panel(), members.size(),
                                        distances_, stride_);
    for (size_t i = 0; i < members.size(); ++i)
        distances_[i * stride_ + i] = std::numeric_limits<float>::infinity();
}

size_t Leaf::links_of(size_t i, std::array<Link, leaf_links_max>& links) {
    const float* row = &distances_[i * stride_];
    const size_t count = members_->size();
    const auto select = [&](float threshold) {
        const size_t found = simd::code_kernels().select_below(row, count, threshold, below_.data());
        nearest_.clear();
        for (size_t k = 0; k < found; ++k) nearest_.push_back(key_of({row[below_[k]], below_[k]}));
    };
    select(likely_threshold(row, count));
    if (nearest_.size() < std::min(nearest_max, count - 1)) select(std::numeric_limits<float>::max());
    const size_t candidates = std::min(nearest_max, nearest_.size());
    if (nearest_.size() > sorted_max) {
        std::ranges::nth_element(nearest_, nearest_.begin() + static_cast<ptrdiff_t>(candidates));
        nearest_.resize(candidates);
    }
    simd::code_kernels().sort_keys(nearest_.data(), nearest_.size());
    size_t kept = 0;
    for (size_t k = 0; k < candidates && kept < links.size(); ++k) {
        const Link candidate = link_of(nearest_[k]);
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
