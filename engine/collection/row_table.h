// SPDX-License-Identifier: Apache-2.0
// The rows of a collection in the order they were written: where each one's vector and metadata lie in the
// mapped logs.
//
// One writer appends; any number of readers see the rows below size(), without a lock. Rows stay where they
// are.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace vexfs {

class RowTable {
  public:
    static constexpr uint32_t rows_max = UINT32_MAX - 1;

    RowTable() = default;
    RowTable(const RowTable&) = delete;
    RowTable& operator=(const RowTable&) = delete;
    ~RowTable() {
        for (auto& chunk : chunks_) std::free(chunk.load());
    }

    uint32_t size() const { return size_.load(std::memory_order_acquire); }

    uint64_t id(uint32_t row) const { return at(row).id; }
    const float* vector(uint32_t row) const { return at(row).vector; }  // [dimension]
    float norm(uint32_t row) const { return at(row).norm; }             // Euclidean, of the vector
    const std::byte* metadata(uint32_t row) const {                     // an entry, see storage/format.h
        return std::atomic_ref(at(row).metadata).load(std::memory_order_acquire);
    }
    bool dead(uint32_t row) const {
        return std::atomic_ref(at(row).dead).load(std::memory_order_relaxed) != 0;
    }

    uint32_t killed() const { return killed_.load(std::memory_order_relaxed); }  // how many are dead

    // For the writer.
    uint32_t appended() const { return appended_; }  // published or not
    void append(uint64_t id, const float* vector, const std::byte* metadata, float norm) {
        const uint32_t row = appended_++;
        auto& chunk = chunks_[chunk_of(row)];
        if (chunk.load(std::memory_order_relaxed) == nullptr) {
            // Zero pages that are touched row by row: the largest chunk is half of the table.
            auto* rows = static_cast<Row*>(std::calloc(chunk_rows(chunk_of(row)), sizeof(Row)));
            if (rows == nullptr) throw std::bad_alloc();
            chunk.store(rows, std::memory_order_release);
        }
        at(row) = Row{id, vector, metadata, norm, 0};
    }
    // Readers see all rows appended so far.
    void publish() { size_.store(appended_, std::memory_order_release); }
    void kill(uint32_t row) {
        std::atomic_ref(at(row).dead).store(1, std::memory_order_relaxed);
        killed_.fetch_add(1, std::memory_order_relaxed);
    }
    void set_metadata(uint32_t row, const std::byte* entry) {
        std::atomic_ref(at(row).metadata).store(entry, std::memory_order_release);
    }

  private:
    struct Row {
        uint64_t id;
        const float* vector;
        const std::byte* metadata;
        float norm;
        uint32_t dead;
    };

    // Chunk 0 holds the first 2^first_bits rows, each further one as many as all before it.
    static constexpr unsigned first_bits = 10;
    static unsigned chunk_of(uint32_t row) {
        return static_cast<unsigned>(std::bit_width(row >> first_bits));
    }
    static size_t chunk_rows(unsigned chunk) {
        return size_t{1} << (chunk == 0 ? first_bits : first_bits + chunk - 1);
    }
    Row& at(uint32_t row) const {
        const unsigned chunk = chunk_of(row);
        return chunks_[chunk].load(std::memory_order_acquire)[chunk == 0 ? row : row - chunk_rows(chunk)];
    }

    std::array<std::atomic<Row*>, 33 - first_bits> chunks_{};
    std::atomic<uint32_t> size_ = 0;
    std::atomic<uint32_t> killed_ = 0;
    uint32_t appended_ = 0;
};

}  // namespace vexfs
