// SPDX-License-Identifier: Apache-2.0
// The memory of a graph's nodes. Nothing in it ever moves, so readers need no lock.
//
// A node is a block of block_bytes in a chunk of 2^k blocks, found by its row:
//
//     header        its layers; its upper lists; the next of its twins
//     links         of layer 0: a count and max_m rows
//     vector        as Space keeps it, from a cache line's start
//
// and, where it stands on more layers than layer 0, for each of them a list of m in the arena.
//
// Chunks are mapped when a row in them is created, and take memory as they are touched.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "engine/base/prefetch.h"
#include "engine/index/anonymous_memory.h"

namespace vexfs::hnsw {

inline constexpr uint32_t no_row = UINT32_MAX;
inline constexpr uint32_t row_end_max = uint32_t{1} << 31;  // bit 31 is a flag of the beams
inline constexpr uint32_t layers_max = 64;
inline constexpr uint32_t links_max = 256;

// A node's links on one layer. Reading may run beside writing; writers exclude each other by the node's lock.
// A link is stored with release and read with acquire, so that whoever reads it sees the node it leads to.
class Links {
  public:
    explicit Links(uint32_t* words) : words_(words) {}

    uint32_t count() const { return std::atomic_ref(words_[0]).load(std::memory_order_acquire); }
    uint32_t operator[](uint32_t i) const {
        return std::atomic_ref(words_[1 + i]).load(std::memory_order_acquire);
    }

    void append(uint32_t row) {
        const uint32_t before = count();
        set(before, row);
        std::atomic_ref(words_[0]).store(before + 1, std::memory_order_release);
    }
    // A reader meanwhile sees some of the old and some of the new rows.
    void assign(std::span<const uint32_t> rows) {
        for (uint32_t i = 0; i < rows.size(); ++i) set(i, rows[i]);
        std::atomic_ref(words_[0]).store(static_cast<uint32_t>(rows.size()), std::memory_order_release);
    }

  private:
    void set(uint32_t i, uint32_t row) {
        std::atomic_ref(words_[1 + i]).store(row, std::memory_order_release);
    }

    uint32_t* words_;
};

class Nodes {
  public:
    Nodes(size_t padded_dimension, uint32_t m, uint32_t max_m);

    // Makes the node of a row that has none; it stands on layers 0 to top_layer. The caller fills its vector.
    void create(uint32_t row, uint32_t top_layer);

    // The rest is for rows that have a node.
    float* vector(uint32_t row) const { return reinterpret_cast<float*>(block(row) + vector_offset_); }
    Links links(uint32_t row, uint32_t layer) const {
        Header& node = header(row);
        if (layer == 0) return Links(reinterpret_cast<uint32_t*>(&node + 1));
        return Links(node.upper + size_t{layer - 1} * (1 + m_));
    }
    uint32_t links_cap(uint32_t layer) const { return layer == 0 ? max_m_ : m_; }
    uint32_t top_layer(uint32_t row) const { return header(row).top_layer; }

    // Rows whose vector equals another node's, bit for bit, are no nodes of the graph but hang on that one as
    // its twins, a list: among thousands of equal points, links would lead nowhere else.
    void add_twin(uint32_t row, uint32_t twin);                 // under the lock of row
    void restore_twin(uint32_t row, bool twin, uint32_t next);  // of a graph that nobody uses yet
    uint32_t next_twin(uint32_t row) const {
        return std::atomic_ref(header(row).next_twin).load(std::memory_order_acquire);
    }
    bool is_twin(uint32_t row) const { return header(row).is_twin; }

    void prefetch_links(uint32_t row) const;
    // Its first lines; the processor's own prefetcher follows on.
    void prefetch_vector(uint32_t row) const;

    // Whether the row has a node. Unlike the functions above, for any row.
    bool has(uint32_t row) const;
    uint32_t row_end() const { return row_end_.load(std::memory_order_acquire); }  // the highest row + 1
    size_t memory_bytes() const;

  private:
    struct Header {
        uint32_t next_twin;
        uint8_t exists;
        uint8_t is_twin;
        uint16_t top_layer;
        uint32_t* upper;
    };

    std::byte* chunk(uint32_t row) const {
        return std::atomic_ref(chunks_[row >> chunk_shift_]).load(std::memory_order_acquire);
    }
    std::byte* block(uint32_t row) const { return chunk(row) + (row & chunk_mask_) * block_bytes_; }
    Header& header(uint32_t row) const { return *reinterpret_cast<Header*>(block(row)); }
    void map_chunk(uint32_t row);
    uint32_t* take_upper(uint32_t layers);

    uint32_t m_, max_m_;
    size_t vector_offset_, vector_lines_, block_bytes_;
    uint32_t chunk_shift_, chunk_mask_;
    std::atomic<uint32_t> row_end_{0};

    AnonymousMemory directory_;
    std::byte** chunks_;  // in directory_

    mutable std::mutex growing_;  // guards what follows
    std::vector<AnonymousMemory> chunk_memory_;
    std::vector<AnonymousMemory> arena_;
    size_t arena_left_words_ = 0;
    uint32_t* arena_next_ = nullptr;
};

inline void Nodes::prefetch_links(uint32_t row) const {
    prefetch(block(row), vector_offset_);
}

inline void Nodes::prefetch_vector(uint32_t row) const {
    prefetch(block(row) + vector_offset_, vector_lines_ * 64);
}

}  // namespace vexfs::hnsw
