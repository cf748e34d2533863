// SPDX-License-Identifier: Apache-2.0
// The two queues of a walk (SEARCH-LAYER, algorithm 2 of the paper): the best `ef` accepted rows so far, and
// the rows still to expand.
//
// SortedBeam keeps both in one sorted array, an expanded row marked by bit 31; rows that were refused wait
// for their expansion in a heap beside it. It is the faster one while the array is short enough to be
// shifted. HeapBeam is made of two heaps, for long ones.
//
//     takes(distance)   whether an accepted row at that distance would be among the best, and a refused one
//     is worth
//                       expanding
//     offer             an accepted row that it takes, to be expanded
//     offer_leaf        an accepted row that it takes and that has no links of its own
//     offer_refused     a row to be expanded but not returned
//     next(into)        the nearest row to expand; false when none can improve the result
//     peek()            the row that would be next, or no_row
//     finish(out)       the result, nearest first
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "engine/index/hnsw.h"
#include "engine/index/hnsw_nodes.h"

namespace vexfs::hnsw {

inline constexpr size_t sorted_beam_max = 2048;

struct Nearer {
    bool operator()(const Neighbour& a, const Neighbour& b) const { return a.distance < b.distance; }
};
struct Farther {
    bool operator()(const Neighbour& a, const Neighbour& b) const { return a.distance > b.distance; }
};

class SortedBeam {
  public:
    void reset(size_t ef) {
        if (pool_.size() < ef + 1) pool_.resize(ef + 1);
        capacity_ = ef;
        size_ = cursor_ = 0;
        refused_.clear();
    }

    bool takes(float distance) const {
        return size_ < capacity_ ? distance == distance : distance < pool_[size_ - 1].distance;
    }

    void offer(float distance, uint32_t row) { insert(distance, row); }
    void offer_leaf(float distance, uint32_t row) { insert(distance, row | expanded); }
    void offer_refused(float distance, uint32_t row) {
        refused_.push_back({distance, row});
        std::push_heap(refused_.begin(), refused_.end(), Farther());
    }

    bool next(Neighbour& into) {
        while (cursor_ < size_ && (pool_[cursor_].row & expanded) != 0) ++cursor_;
        if (!refused_.empty() && (cursor_ == size_ || refused_.front().distance < pool_[cursor_].distance)) {
            into = refused_.front();
            if (size_ == capacity_ && into.distance > pool_[size_ - 1].distance) return false;
            std::pop_heap(refused_.begin(), refused_.end(), Farther());
            refused_.pop_back();
            return true;
        }
        if (cursor_ == size_) return false;
        into = pool_[cursor_];
        pool_[cursor_++].row |= expanded;
        return true;
    }

    uint32_t peek() const {
        size_t i = cursor_;
        while (i < size_ && (pool_[i].row & expanded) != 0) ++i;
        return i < size_ ? pool_[i].row : no_row;
    }

    void finish(std::vector<Neighbour>& out) const {
        out.assign(pool_.begin(), pool_.begin() + static_cast<ptrdiff_t>(size_));
        for (Neighbour& one : out) one.row &= ~expanded;
    }

  private:
    static constexpr uint32_t expanded = uint32_t{1} << 31;

    void insert(float distance, uint32_t row) {
        size_t low = 0;
        for (size_t left = size_; left > 0;) {  // the first that is farther away
            const size_t half = left / 2;
            const bool behind = pool_[low + half].distance <= distance;
            low = behind ? low + half + 1 : low;
            left = behind ? left - half - 1 : half;
        }
        if (size_ == capacity_) --size_;
        std::memmove(&pool_[low + 1], &pool_[low], (size_ - low) * sizeof(Neighbour));
        pool_[low] = {distance, row};
        ++size_;
        cursor_ = std::min(cursor_, low);
    }

    std::vector<Neighbour> pool_;
    size_t capacity_ = 0, size_ = 0;
    size_t cursor_ = 0;  // all before it are expanded
    std::vector<Neighbour> refused_;
};

class HeapBeam {
  public:
    void reset(size_t ef) {
        capacity_ = ef;
        best_.clear();
        frontier_.clear();
    }

    bool takes(float distance) const {
        return best_.size() < capacity_ ? distance == distance : distance < best_.front().distance;
    }

    void offer(float distance, uint32_t row) {
        offer_refused(distance, row);
        offer_leaf(distance, row);
    }
    void offer_leaf(float distance, uint32_t row) {
        if (best_.size() == capacity_) {
            std::pop_heap(best_.begin(), best_.end(), Nearer());
            best_.pop_back();
        }
        best_.push_back({distance, row});
        std::push_heap(best_.begin(), best_.end(), Nearer());
    }
    void offer_refused(float distance, uint32_t row) {
        frontier_.push_back({distance, row});
        std::push_heap(frontier_.begin(), frontier_.end(), Farther());
    }

    bool next(Neighbour& into) {
        if (frontier_.empty()) return false;
        into = frontier_.front();
        if (best_.size() == capacity_ && into.distance > best_.front().distance) return false;
        std::pop_heap(frontier_.begin(), frontier_.end(), Farther());
        frontier_.pop_back();
        return true;
    }

    uint32_t peek() const { return frontier_.empty() ? no_row : frontier_.front().row; }

    void finish(std::vector<Neighbour>& out) const {
        out = best_;
        std::sort_heap(out.begin(), out.end(), Nearer());
    }

  private:
    size_t capacity_ = 0;
    std::vector<Neighbour> best_, frontier_;
};

}  // namespace vexfs::hnsw
