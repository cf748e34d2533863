// SPDX-License-Identifier: Apache-2.0
// Sketches: the one-bit residual codes of a part's nodes in the lists of their nearest centroids, which are
// searched list after list, nearest first ("inverted lists"; after RaBitQ, see simd/codes.h, and IVFADC:
// Jégou, Douze & Schmid, "Product Quantization for Nearest Neighbor Search", PAMI 2011). One list, whose
// centroid is the origin of the space, is a scan of all.
//
// A list is a number of blocks of simd::block_codes codes, the last one filled up with codes that are farther
// than any. Immutable once made; searched by any number of threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/codes/int8.h"
#include "engine/codes/node.h"
#include "engine/index/anonymous_memory.h"
#include "engine/lists/shortlist.h"

namespace vexfs::lists {

class Lists {
  public:
    // list_of: [nodes], the list of each; centroids: [lists][dimension]. Both may be empty, for one list.
    Lists(const codes::Int8Table& table, std::vector<float> centroids, const std::vector<uint32_t>& list_of,
          unsigned threads);

    // To be read from a file: nodes() and blocks() are to be filled, and consistent() says whether it was
    // with each of `node_count` nodes once.
    Lists(size_t dimension, std::vector<float> centroids, std::vector<uint32_t> first_blocks);
    bool consistent(size_t node_count) const;

    size_t dimension() const { return dimension_; }
    size_t lists() const { return first_blocks_.size() - 1; }
    size_t memory_bytes() const;

    // About the `breadth` nearest by their estimates of all nodes in the `probes` nearest lists; further
    // lists are looked through until so many were seen. Returns how many.
    size_t search(const float* query, size_t probes, size_t breadth, Shortlist& nearest) const;

    // What it consists of.
    std::span<const float> centroids() const { return centroids_; }
    std::span<const uint32_t> first_blocks() const { return first_blocks_; }  // of each list, and the end
    std::span<const uint32_t> nodes() const { return nodes_; }  // [blocks][block_codes], no_node to fill up
    std::span<uint32_t> nodes() { return nodes_; }
    std::span<std::byte> blocks() const { return {memory_.data(), blocks_bytes()}; }

  private:
    size_t block_bytes() const { return simd::block_bytes(dimension_ / 4, 1); }
    size_t f_add_offset(size_t place) const {  // of a code, in the blocks
        return place / simd::block_codes * block_bytes() + dimension_ / 4 * 16 +
               place % simd::block_codes * sizeof(uint16_t);
    }
    size_t blocks_bytes() const { return first_blocks_.back() * block_bytes(); }
    void fill(const codes::Int8Table& table, unsigned threads);
    void code_centroids();

    size_t dimension_;
    std::vector<float> centroids_;
    codes::Int8Table centroid_codes_{0, 0};  // by which lists are ordered
    std::vector<uint32_t> first_blocks_;     // [lists + 1]
    std::vector<uint32_t> nodes_;
    AnonymousMemory memory_;
};

}  // namespace vexfs::lists
