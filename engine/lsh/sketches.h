// SPDX-License-Identifier: Apache-2.0
// A sketch for each node, simd/codes.h, read in any order: the filter between a bucket and exact distances.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/codes/int8.h"
#include "engine/index/anonymous_memory.h"
#include "engine/simd/codes.h"

namespace vexfs::lsh {

class Sketches {
  public:
    Sketches(const codes::Int8Table& table, unsigned threads);
    // To be read from a file: bytes() are to be filled.
    Sketches(size_t nodes, size_t dimension);

    std::span<std::byte> bytes() const { return {memory_.data(), nodes_ * sketch_bytes()}; }
    const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(memory_.data()); }
    size_t memory_bytes() const { return memory_.resident_bytes(); }
    size_t sketch_bytes() const { return simd::sketch_bytes(words_); }

  private:
    size_t nodes_, words_;
    AnonymousMemory memory_;
};

// A query made ready for sketches.
class SketchQuery {
  public:
    // query: [dimension]. The kernels' view of it is valid until the next call.
    const simd::SketchQuery& set(const float* query, size_t dimension);

  private:
    std::vector<uint64_t> planes_;
    simd::SketchQuery view_{};
};

}  // namespace vexfs::lsh
