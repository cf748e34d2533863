// SPDX-License-Identifier: Apache-2.0
#include "engine/index/hnsw_nodes.h"

#include <algorithm>
#include <cassert>

namespace vexfs::hnsw {
namespace {

constexpr size_t line_bytes = 64;
constexpr size_t chunk_bytes_max = size_t{32} << 20;
constexpr size_t chunk_shift_max = 16;
constexpr size_t arena_bytes = size_t{1} << 20;
constexpr size_t prefetched_lines_max = 8;

size_t whole_lines(size_t bytes) {
    return (bytes + line_bytes - 1) / line_bytes * line_bytes;
}

}  // namespace

Nodes::Nodes(size_t padded_dimension, uint32_t m, uint32_t max_m)
    : m_(m),
      max_m_(max_m),
      vector_offset_(whole_lines(sizeof(Header) + sizeof(uint32_t) * (1 + size_t{max_m}))),
      vector_lines_(whole_lines(padded_dimension * sizeof(float)) / line_bytes),
      block_bytes_(vector_offset_ + vector_lines_ * line_bytes) {
    assert(m >= 1 && m <= max_m && max_m <= links_max);
    vector_lines_ = std::min(vector_lines_, prefetched_lines_max);
    chunk_shift_ = 0;
    while (chunk_shift_ < chunk_shift_max && block_bytes_ << (chunk_shift_ + 1) <= chunk_bytes_max)
        ++chunk_shift_;
    chunk_mask_ = (uint32_t{1} << chunk_shift_) - 1;
    directory_ = AnonymousMemory((size_t{row_end_max} >> chunk_shift_) * sizeof(std::byte*));
    chunks_ = reinterpret_cast<std::byte**>(directory_.data());
}

void Nodes::create(uint32_t row, uint32_t top_layer) {
    assert(row < row_end_max && top_layer < layers_max);
    if (chunk(row) == nullptr) map_chunk(row);
    Header& node = header(row);
    assert(!node.exists && "a row is added once");
    node.next_twin = no_row;
    node.top_layer = static_cast<uint16_t>(top_layer);
    node.upper = top_layer > 0 ? take_upper(top_layer) : nullptr;
    node.exists = 1;
    uint32_t before = row_end_.load(std::memory_order_relaxed);
    while (before <= row && !row_end_.compare_exchange_weak(before, row + 1, std::memory_order_acq_rel)) {
    }
}

void Nodes::add_twin(uint32_t row, uint32_t twin) {
    Header& added = header(twin);
    added.is_twin = 1;
    added.top_layer = 0;
    added.next_twin = header(row).next_twin;
    std::atomic_ref(header(row).next_twin).store(twin, std::memory_order_release);
}

void Nodes::restore_twin(uint32_t row, bool twin, uint32_t next) {
    header(row).is_twin = twin;
    header(row).next_twin = next;
}

bool Nodes::has(uint32_t row) const {
    return row < row_end() && chunk(row) != nullptr && header(row).exists;
}

size_t Nodes::memory_bytes() const {
    const std::lock_guard guard(growing_);
    size_t bytes = directory_.resident_bytes();
    for (const AnonymousMemory& memory : chunk_memory_) bytes += memory.resident_bytes();
    for (const AnonymousMemory& memory : arena_) bytes += memory.resident_bytes();
    return bytes;
}

void Nodes::map_chunk(uint32_t row) {
    const std::lock_guard guard(growing_);
    if (chunk(row) != nullptr) return;
    chunk_memory_.emplace_back(block_bytes_ << chunk_shift_);
    std::atomic_ref(chunks_[row >> chunk_shift_])
        .store(chunk_memory_.back().data(), std::memory_order_release);
}

uint32_t* Nodes::take_upper(uint32_t layers) {
    const size_t words = size_t{layers} * (1 + m_);
    const std::lock_guard guard(growing_);
    if (arena_left_words_ < words) {
        arena_.emplace_back(arena_bytes);
        arena_next_ = reinterpret_cast<uint32_t*>(arena_.back().data());
        arena_left_words_ = arena_bytes / sizeof(uint32_t);
    }
    uint32_t* taken = arena_next_;
    arena_next_ += words;
    arena_left_words_ -= words;
    return taken;
}

}  // namespace vexfs::hnsw
