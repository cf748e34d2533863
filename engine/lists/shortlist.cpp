// SPDX-License-Identifier: Apache-2.0
#include "engine/lists/shortlist.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace vexfs::lists {
namespace {

constexpr size_t buckets = 512;
constexpr size_t range_step = 16;

}  // namespace

void Shortlist::reset(size_t wanted) {
    wanted_ = wanted;
    capacity_ = 2 * wanted_;
    count_ = 0;
    threshold_ = std::numeric_limits<float>::infinity();
    const size_t places = capacity_ + chunk_nodes;
    if (estimates_.size() >= places) return;
    estimates_.resize(places);
    nodes_.resize(places);
    kept_.resize(places + 16);
}

void Shortlist::add(const float* estimates, const uint32_t* nodes, size_t count) {
    const size_t found = simd::code_kernels().select_below(estimates, count, threshold_, kept_.data());
    for (size_t i = 0; i < found; ++i) {
        estimates_[count_ + i] = estimates[kept_[i]];
        nodes_[count_ + i] = nodes[kept_[i]];
    }
    count_ += found;
    if (count_ > capacity_) cut();
}

void Shortlist::cut() {
    if (const auto threshold = counted_threshold()) keep_below(*threshold);
    // Where most of them are so near each other that buckets don't tell them apart.
    if (count_ > wanted_ + wanted_ / 4) keep_least();
}

// What about `wanted_` of them are below; none where that can't be told.
std::optional<float> Shortlist::counted_threshold() const {
    // Of some: what is nearer than the nearest of them goes into the first bucket.
    float low = estimates_[0], high = low;
    for (size_t i = 0; i < count_; i += range_step) {
        low = std::min(low, estimates_[i]);
        high = std::max(high, estimates_[i]);
    }
    high = std::min(high, threshold_);
    const float scale = static_cast<float>(buckets) / (high - low);
    if (!std::isfinite(scale) || scale <= 0) return std::nullopt;
    std::array<uint32_t, buckets + 1> counts{};
    for (size_t i = 0; i < count_; ++i)
        ++counts[static_cast<size_t>(
            std::clamp((estimates_[i] - low) * scale, 0.0F, static_cast<float>(buckets)))];
    size_t below = 0, bucket = 0;
    while (bucket < buckets && below < wanted_) below += counts[bucket++];
    const float threshold = low + static_cast<float>(bucket) / scale;
    return below < wanted_ || !std::isfinite(threshold) ? std::nullopt : std::optional(threshold);
}

void Shortlist::keep_below(float threshold) {
    const size_t kept = simd::code_kernels().select_below(estimates_.data(), count_, threshold, kept_.data());
    for (size_t i = 0; i < kept; ++i) {
        estimates_[i] = estimates_[kept_[i]];
        nodes_[i] = nodes_[kept_[i]];
    }
    count_ = kept;
    threshold_ = threshold;
}

void Shortlist::keep_least() {
    sorted_.assign(estimates_.begin(), estimates_.begin() + static_cast<ptrdiff_t>(count_));
    const auto last = sorted_.begin() + static_cast<ptrdiff_t>(std::max<size_t>(wanted_, 1) - 1);
    std::nth_element(sorted_.begin(), last, sorted_.end());
    size_t equals = 1 + static_cast<size_t>(std::count(sorted_.begin(), last, *last)), kept = 0;
    for (size_t i = 0; i < count_; ++i) {
        if (estimates_[i] > *last || (estimates_[i] == *last && equals == 0)) continue;
        equals -= estimates_[i] == *last ? 1 : 0;
        estimates_[kept] = estimates_[i];
        nodes_[kept++] = nodes_[i];
    }
    count_ = kept;
    threshold_ = *last;
}

}  // namespace vexfs::lists
