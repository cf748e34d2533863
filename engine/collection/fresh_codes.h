// SPDX-License-Identifier: Apache-2.0
// int8 codes (simd/codes.h) of the rows that no index has yet, for scans that give what a comparison with all
// of them would give and read a quarter of the bytes: a code bounds the distance to its vector from below,
// and only what may be near enough is compared (the filter step of the VA-file, Weber et al., VLDB 1998).
// Sketches (fresh_sketches.h) of whole panels stand before that.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/prefetch.h"
#include "engine/codes/int8.h"
#include "engine/collection/fresh_sketches.h"
#include "engine/index/anonymous_memory.h"
#include "engine/simd/distance.h"

namespace vexfs {

// One writer appends and any number of readers look up, as in RowTable; release() may be called by anybody.
class FreshCodes {
  public:
    // What stands before the bytes of a code.
    struct Factors {
        float scale;  // 0 where the code says nothing
        float norm;   // Euclidean, of the vector
    };

    FreshCodes(size_t dimension, simd::Metric metric);
    ~FreshCodes();
    FreshCodes(const FreshCodes&) = delete;
    FreshCodes& operator=(const FreshCodes&) = delete;

    // Each row before it is published; some may be left out. Where there is no memory for codes, rows have
    // none.
    void append(uint32_t row, const float* vector, float norm);
    // Its factors, the bytes behind; null where it has no code. They last for readers that come before
    // release().
    const std::byte* find(uint32_t row) const {
        const std::byte* chunk = chunk_at(row / chunk_rows).load(std::memory_order_acquire);
        return chunk == nullptr ? nullptr : chunk + row % chunk_rows * stride_;
    }
    void prefetch(uint32_t row) const {
        if (const std::byte* code = find(row)) vexfs::prefetch(code, stride_);
    }
    const FreshSketches& sketches() const { return sketches_; }
    // The panel of the rows from `row` on, a multiple of FreshSketches::panel_rows; null where there is none.
    const std::byte* find_panel(uint32_t row) const;

    // Takes away the memory that is of rows below `row` alone, all of which were appended; it is to last
    // until the readers of now have left.
    std::vector<AnonymousMemory> release(uint64_t row);
    size_t memory_bytes() const { return chunks_ * chunk_bytes(); }

  private:
    static constexpr uint32_t chunk_rows = 16'384;

    static_assert(chunk_rows % FreshSketches::panel_rows == 0);

    size_t panel_offset(uint32_t row) const {
        return panels_offset_ + row % chunk_rows / FreshSketches::panel_rows * sketches_.panel_bytes();
    }
    size_t chunk_bytes() const {
        return panels_offset_ + chunk_rows / FreshSketches::panel_rows * sketches_.panel_bytes();
    }
    void make_panel(uint32_t first);
    std::atomic_ref<std::byte*> chunk_at(uint32_t chunk) const {
        return std::atomic_ref(reinterpret_cast<std::byte**>(directory_.data())[chunk]);
    }

    const size_t dimension_;
    const size_t stride_;
    FreshSketches sketches_;
    const size_t panels_offset_;            // in a chunk, behind its codes
    uint32_t run_first_ = 0, run_end_ = 0;  // rows that were appended last, one after the other
    AnonymousMemory directory_;             // for each chunk that there can be, the memory of one that is
    std::atomic<uint32_t> chunks_ = 0;
};

// A query, made ready for them by one thread.
class FreshQuery {
  public:
    // query: [dimension], of length 1 for cosine. None for a metric whose distances codes don't bound.
    static std::optional<FreshQuery> make(std::span<const float> query, simd::Metric metric);

    // Those of `rows`, in their order, that may be no farther than `distance`, into `near` ([rows.size()]);
    // how many.
    size_t select(const FreshCodes& codes, std::span<const uint32_t> rows, float distance,
                  uint32_t* near) const;

  private:
    FreshQuery(std::span<const float> query, simd::Metric metric);
    // Of the products of codes makes the distances that vectors have at least.
    template <simd::Metric metric>
    void bound(size_t count, const float* scales, const float* norms, float* products) const;

    const simd::CodeKernels& kernels_ = simd::code_kernels();
    codes::Int8Query code_;
    simd::Metric metric_;
    float norm_;        // Euclidean
    float step_error_;  // of a vector whose code has scale 1, at most
    float error_;       // of the query's code, at most
    float rounding_;    // relative, of sums of products in float
};

}  // namespace vexfs
