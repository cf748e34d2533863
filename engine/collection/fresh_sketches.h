// SPDX-License-Identifier: Apache-2.0
// One bit of each component of the rows that no index has yet, in panels of 256 rows: a scan reads a sixth
// of what their int8 codes take, and goes to the codes of those alone that may be near enough.
//
// A panel holds residual codes (simd/codes.h) of its rows' differences to their mean, in the space of
// codes/space.h, and gives lower bounds of distances: estimates less so many standard deviations of their
// error (Gao & Long, SIGMOD 2024, theorem 3.2) that of the rows at the distance asked for a wanted share is
// found, and of nearer ones more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/codes/residual.h"
#include "engine/codes/space.h"
#include "engine/simd/codes.h"
#include "engine/simd/distance.h"

namespace vexfs {

// How panels lie in memory, and the space of their codes, which the first one decides on. One writer makes
// panels, any number of readers look at those that are made.
class FreshSketches {
  public:
    static constexpr uint32_t panel_rows = 256;
    static constexpr size_t alignment = 64;  // of a panel

    FreshSketches(size_t dimension, simd::Metric metric);
    ~FreshSketches();
    FreshSketches(const FreshSketches&) = delete;
    FreshSketches& operator=(const FreshSketches&) = delete;

    // 0 where there are none: bits say little of short vectors, a panel's rows are too much to hold of those
    // above 4,096, and Manhattan distance has no such space.
    size_t panel_bytes() const { return panel_bytes_; }

    // Of panel_rows vectors: vector(i, to) gives one, [dimension], or says that nothing is known of it.
    // panel: [panel_bytes()], zeroed. Throws std::bad_alloc, the panel is of no use then.
    void make(FunctionRef<bool(size_t, float*)> vector, std::byte* panel);
    static bool made(const std::byte* panel);

  private:
    friend class SketchedQuery;
    struct Header;

    void learn_space(FunctionRef<bool(size_t, float*)> vector);
    float* reference_of(std::byte* panel) const;
    const float* reference_of(const std::byte* panel) const;
    size_t blocks_offset() const;
    size_t block_bytes() const { return simd::block_bytes(coded_ / 4, 1); }

    const size_t dimension_;
    const simd::Metric metric_;
    const size_t coded_;
    const size_t panel_bytes_;
    std::unique_ptr<const codes::Space> space_;  // before the first panel is made, none
};

// A query, made ready for panels by one thread.
class SketchedQuery {
  public:
    // query: [dimension], of length 1 for cosine; recall: of 0.5 to 0.999. A panel must have been made.
    SketchedQuery(const FreshSketches& sketches, std::span<const float> query, double recall);

    // The places of a panel's rows that may be no farther than `distance`, into `near` ([panel_rows]); how
    // many.
    size_t select(const std::byte* panel, float distance, uint32_t* near);

  private:
    const FreshSketches& sketches_;
    std::vector<float> query_, scaled_;  // [coded], in the space, and in a panel's unit
    codes::ResidualQuery residual_;
    simd::BlockQuery view_{};
    float norm_ = 0;
    float deviations_;  // of an estimate's error, that a bound stands off
};

}  // namespace vexfs
