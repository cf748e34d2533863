// SPDX-License-Identifier: Apache-2.0
// The rows of a collection, numbered in the order they were first written: where each one's vector and
// metadata lie in the mapped logs.
//
// One writer appends; any number of readers see the rows below size(), without a lock. A row keeps its number
// for good, also where its bytes are moved. What lies behind the pointers of a row lasts for the readers who
// found it alive under an Epochs::Guard that they hold; those of a dead row must not be followed.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/index/anonymous_memory.h"

namespace vexfs {

class RowTable {
  public:
    static constexpr uint32_t rows_max = UINT32_MAX - 1;

    // Rows below `first` are dead unless they are put.
    explicit RowTable(uint32_t first = 0) : size_(first), appended_(first) {}
    RowTable(const RowTable&) = delete;
    RowTable& operator=(const RowTable&) = delete;

    uint32_t size() const { return size_.load(std::memory_order_acquire); }

    uint64_t id(uint32_t row) const { return at(row).id; }
    const float* vector(uint32_t row) const {  // [dimension]
        return std::atomic_ref(at(row).vector).load(std::memory_order_acquire);
    }
    float norm(uint32_t row) const { return at(row).norm; }  // Euclidean, of the vector
    const std::byte* metadata(uint32_t row) const {          // an entry, see storage/format.h
        return std::atomic_ref(at(row).metadata).load(std::memory_order_acquire);
    }
    bool dead(uint32_t row) const {
        const Row* found = find(row);
        return found == nullptr || std::atomic_ref(found->alive).load(std::memory_order_relaxed) == 0;
    }

    // The first row from `row` on that is not dead, `end` where there is none before it.
    uint32_t next_live(uint32_t row, uint32_t end) const {
        while (row < end) {
            const std::atomic<uint32_t>* live = live_in_block(row);
            const uint32_t block_end = (row / block_rows + 1) * block_rows;
            if (live == nullptr || live->load(std::memory_order_relaxed) == 0) {
                row = block_end;
                continue;
            }
            for (const uint32_t stop = std::min(block_end, end); row < stop; ++row)
                if (!dead(row)) return row;
        }
        return end;
    }

    uint32_t killed() const { return killed_.load(std::memory_order_relaxed); }  // how many died

    // For the writer.
    uint32_t appended() const { return appended_; }  // published or not
    void append(uint64_t id, const float* vector, const std::byte* metadata, float norm) {
        put(appended_++, id, vector, metadata, norm);
    }
    // A row that is not alive, also one below `first`.
    void put(uint32_t row, uint64_t id, const float* vector, const std::byte* metadata, float norm) {
        const unsigned chunk = chunk_of(row);
        Row* rows = chunks_[chunk].load(std::memory_order_relaxed);
        if (rows == nullptr) rows = make_chunk(chunk);
        const uint32_t offset = offset_of(row);
        rows[offset] = Row{id, vector, metadata, norm, 1};
        count_more(live_counts(rows, chunk)[offset / block_rows], 1);
    }
    // Readers see all rows appended so far.
    void publish() { size_.store(appended_, std::memory_order_release); }
    void kill(uint32_t row) {
        std::atomic_ref(at(row).alive).store(0, std::memory_order_relaxed);
        count_more(*live_in_block(row), -1);
        killed_.fetch_add(1, std::memory_order_relaxed);
    }
    void set_metadata(uint32_t row, const std::byte* entry) {
        std::atomic_ref(at(row).metadata).store(entry, std::memory_order_release);
    }
    // The row's bytes lie elsewhere from now on.
    void move(uint32_t row, const float* vector, const std::byte* metadata) {
        std::atomic_ref(at(row).vector).store(vector, std::memory_order_release);
        set_metadata(row, metadata);
    }
    // Blocks of dead rows below `end` that take memory, to be released when no reader is left who may have
    // found one of them alive.
    std::vector<uint32_t> dead_blocks(uint32_t end) const {
        std::vector<uint32_t> blocks;
        for (uint32_t row = 0; row + block_rows <= end; row += block_rows) {
            const std::atomic<uint32_t>* live = live_in_block(row);
            if (live != nullptr && live->load(std::memory_order_relaxed) == 0 && vector(row) != nullptr)
                blocks.push_back(row / block_rows);
        }
        return blocks;
    }
    void release(const std::vector<uint32_t>& blocks) {
        for (const uint32_t block : blocks) {
            const uint32_t row = block * block_rows;
            memory_[chunk_of(row)].give_back(offset_of(row) * sizeof(Row), block_rows * sizeof(Row));
        }
    }
    size_t memory_bytes() const {  // resident
        size_t bytes = 0;
        for (const AnonymousMemory& chunk : memory_)
            if (chunk.data() != nullptr) bytes += chunk.resident_bytes();
        return bytes;
    }

  private:
    struct Row {
        uint64_t id;
        const float* vector;
        const std::byte* metadata;
        float norm;
        uint32_t alive;  // 0 in memory that was never written, or given back
    };

    // Chunk 0 holds the first 2^first_bits rows, each further one as many as all before it; behind a chunk's
    // rows stand the numbers of its live ones, block by block.
    static constexpr unsigned first_bits = 10;
    static constexpr uint32_t block_rows = 128;  // a page of 4 KiB
    static unsigned chunk_of(uint32_t row) {
        return static_cast<unsigned>(std::bit_width(row >> first_bits));
    }
    static size_t chunk_rows(unsigned chunk) {
        return size_t{1} << (chunk == 0 ? first_bits : first_bits + chunk - 1);
    }
    static uint32_t offset_of(uint32_t row) {  // in its chunk
        const unsigned chunk = chunk_of(row);
        return chunk == 0 ? row : row - static_cast<uint32_t>(chunk_rows(chunk));
    }
    Row* find(uint32_t row) const {  // null where no row of its chunk was ever put
        Row* rows = chunks_[chunk_of(row)].load(std::memory_order_acquire);
        return rows == nullptr ? nullptr : rows + offset_of(row);
    }
    Row& at(uint32_t row) const {  // one that was put
        return chunks_[chunk_of(row)].load(std::memory_order_acquire)[offset_of(row)];
    }
    std::atomic<uint32_t>* live_in_block(uint32_t row) const {  // null as find()
        const unsigned chunk = chunk_of(row);
        Row* rows = chunks_[chunk].load(std::memory_order_acquire);
        return rows == nullptr ? nullptr : live_counts(rows, chunk) + offset_of(row) / block_rows;
    }
    static std::atomic<uint32_t>* live_counts(Row* rows, unsigned chunk) {  // by block
        return reinterpret_cast<std::atomic<uint32_t>*>(rows + chunk_rows(chunk));
    }
    // By the writer, who is alone: no locked instruction.
    static void count_more(std::atomic<uint32_t>& live, int more) {
        live.store(live.load(std::memory_order_relaxed) + static_cast<uint32_t>(more),
                   std::memory_order_relaxed);
    }
    Row* make_chunk(unsigned chunk) {
        // Pages that are touched row by row: the largest chunk is half of the table.
        const size_t rows = chunk_rows(chunk);
        memory_[chunk] = AnonymousMemory(rows * sizeof(Row) + rows / block_rows * sizeof(uint32_t));
        auto* made = reinterpret_cast<Row*>(memory_[chunk].data());
        chunks_[chunk].store(made, std::memory_order_release);
        return made;
    }

    std::array<std::atomic<Row*>, 33 - first_bits> chunks_{};
    std::array<AnonymousMemory, 33 - first_bits> memory_;
    std::atomic<uint32_t> size_ = 0;
    std::atomic<uint32_t> killed_ = 0;
    uint32_t appended_ = 0;
};

}  // namespace vexfs
