// SPDX-License-Identifier: Apache-2.0
// The points of a collection as they are at one moment, in the order in which they were written, as files
// show them. A view shows one of three things: vectors, ids or metadata.
//
// It copies no vectors and no metadata: it keeps the logs mapped that hold them, so that their space comes
// back only when the view is gone, whatever is deleted meanwhile. It must not outlive its collection. Reading
// is thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace vexfs {

// What tells one state of a collection's points from another. Equal instance and version mean equal points in
// equal order.
struct PointsState {
    uint64_t instance = 0;  // of this opening of the collection, a random number
    uint64_t version = 0;   // grows with each write
    uint64_t points = 0;
    uint64_t metadata_bytes = 0;  // of all texts together
    // Of the collection, the same at each opening: the points are those of an earlier opening that was closed
    // at this version.
    uint64_t identity = 0;
};

enum class ViewOf { vectors, ids, metadata };

class PointView {
  public:
    const PointsState& state() const { return state_; }

    // As one array f32 [points, dimension], u64 [points], or lines of JSON, a blank one where there is none.
    uint64_t bytes() const { return bytes_; }
    // bytes.size() of them from `offset` on; both within bytes().
    void read(uint64_t offset, std::span<std::byte> bytes) const;
    // All of them, where they lie as they are in mapped files: one piece behind the other. None where there
    // are more than pieces_max, or where they are made as they are read.
    std::vector<std::span<const std::byte>> pieces(size_t pieces_max) const;
    // That the view itself takes.
    uint64_t memory_bytes() const;

  private:
    friend class LocalCollection;
    struct Run {  // of vectors that lie one behind the other
        uint64_t offset;
        const std::byte* data;
    };

    void add_vector(const float* vector, uint32_t dimension);
    void add_metadata(const std::byte* entry) { entries_.push_back(entry); }
    // Where each line begins; to be called when all entries are there.
    void lay_lines_out();
    void read_vectors(uint64_t offset, std::span<std::byte> bytes) const;
    void read_lines(uint64_t offset, std::span<std::byte> bytes) const;

    ViewOf what_ = ViewOf::vectors;
    PointsState state_;
    uint64_t bytes_ = 0;
    std::vector<Run> runs_;
    std::vector<uint64_t> ids_;
    std::vector<const std::byte*> entries_;
    std::vector<uint64_t> line_offsets_;
    std::vector<std::shared_ptr<const void>> logs_;
};

}  // namespace vexfs
