// SPDX-License-Identifier: Apache-2.0
// The candidates of a search: the best `ef` nodes by estimated distance, in order, each expanded or not.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include "engine/simd/codes.h"

namespace vexfs::graph {

// A key orders by distance, then by node; its last bit says that the node was expanded. New keys wait in a
// small buffer until enough of them are there to be merged at once.
class Pool {
  public:
    void reset(size_t capacity) {
        if (keys_.size() < capacity + slack) {
            keys_.resize(capacity + slack);
            behind_.resize(capacity + slack);
        }
        capacity_ = capacity;
        size_ = cursor_ = fresh_ = 0;
    }

    bool empty() const { return size_ + fresh_ == 0; }
    // What a new one must be below. Without what is in the buffer, so that a little more gets in.
    float threshold() const { return nth(capacity_); }

    void add(float distance, uint32_t node) { buffer_[fresh_++] = key_of(distance, node); }
    // Forgets those that are farther and not in the buffer.
    void cut(float distance) {
        while (size_ > 0 && distance_of(keys_[size_ - 1]) > distance) --size_;
        cursor_ = std::min(cursor_, size_);
    }
    // The distance of the n-th nearest, from 1; infinity where there are fewer.
    float nth(size_t n) const {
        return size_ < n ? std::numeric_limits<float>::infinity() : distance_of(keys_[n - 1]);
    }
    // To be called after at most block_codes of add().
    void added() {
        if (fresh_ > buffer_merged_at) merge();
    }

    struct Candidate {
        float distance;
        uint32_t node;
    };
    // The nearest that is not expanded, marked as such; none when there is none.
    std::optional<Candidate> next() {
        uint64_t* nearest = nearest_fresh();
        // All before the cursor are expanded, so that these are all that can be nearer than the nearest.
        if (nearest != nullptr && cursor_ + fresh_ >= capacity_) {
            merge();
            nearest = nullptr;
        }
        advance();
        if (nearest == nullptr || (cursor_ < size_ && keys_[cursor_] < *nearest)) {
            if (cursor_ == size_) return std::nullopt;
            nearest = &keys_[cursor_++];
        }
        *nearest |= expanded;
        return Candidate{distance_of(*nearest), node_of(*nearest)};
    }

  private:
    static constexpr uint64_t expanded = 1;
    static constexpr size_t buffer_merged_at = 24;
    static constexpr size_t step = 8;
    static constexpr size_t slack = 2 * step;  // copies end on whole steps

    // Estimates may fall below 0, which is where they are cut off.
    static uint64_t key_of(float distance, uint32_t node) {
        const auto bits = std::bit_cast<uint32_t>(std::max(distance, 0.0F));
        return uint64_t{bits} << 32 | uint64_t{node} << 1;
    }
    static float distance_of(uint64_t key) { return std::bit_cast<float>(static_cast<uint32_t>(key >> 32)); }
    static uint32_t node_of(uint64_t key) { return static_cast<uint32_t>(key >> 1) & 0x7fff'ffff; }
    static void copy(uint64_t* to, const uint64_t* from, size_t count) {
        for (size_t i = 0; i < count; i += step) std::memcpy(to + i, from + i, step * sizeof(uint64_t));
    }

    void advance() {
        while (cursor_ < size_ && (keys_[cursor_] & expanded) != 0) ++cursor_;
    }
    uint64_t* nearest_fresh() {
        uint64_t least = UINT64_MAX;
        size_t at = 0;
        for (size_t i = 0; i < fresh_; ++i) {
            const uint64_t key = buffer_[i] | (uint64_t{0} - (buffer_[i] & expanded));
            at = key < least ? i : at;
            least = std::min(key, least);
        }
        return least == UINT64_MAX ? nullptr : &buffer_[at];
    }

    void merge() {
        kernels_.sort_keys(buffer_, fresh_);
        const size_t kept = std::min(size_ + fresh_, capacity_);
        const auto first = static_cast<size_t>(
            std::lower_bound(keys_.begin(), keys_.begin() + static_cast<ptrdiff_t>(size_), buffer_[0]) -
            keys_.begin());
        const size_t behind = size_ - first;
        copy(behind_.data(), &keys_[first], behind);
        behind_[behind] = UINT64_MAX;
        buffer_[fresh_] = UINT64_MAX;
        const uint64_t *old = behind_.data(), *fresh = buffer_;
        for (size_t to = first; to < kept; ++to) {
            const bool take_old = *old < *fresh;
            keys_[to] = take_old ? *old : *fresh;
            old += take_old ? 1 : 0;
            fresh += take_old ? 0 : 1;
        }
        size_ = kept;
        cursor_ = std::min(cursor_, first);
        fresh_ = 0;
    }

    const simd::CodeKernels& kernels_ = simd::code_kernels();
    std::vector<uint64_t> keys_;
    std::vector<uint64_t> behind_;  // what a merge moves
    size_t capacity_ = 0, size_ = 0;
    size_t cursor_ = 0;  // all before it are expanded
    uint64_t buffer_[buffer_merged_at + simd::block_codes + 1];
    size_t fresh_ = 0;  // in the buffer
};

}  // namespace vexfs::graph
