// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/point_view.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "engine/storage/record.h"

namespace vexfs {

void PointView::read(uint64_t offset, std::span<std::byte> bytes) const {
    assert(offset <= bytes_ && bytes.size() <= bytes_ - offset);
    if (bytes.empty()) return;
    switch (what_) {
        case ViewOf::vectors: return read_vectors(offset, bytes);
        case ViewOf::ids:
            std::memcpy(bytes.data(), std::as_bytes(std::span(ids_)).data() + offset, bytes.size());
            return;
        case ViewOf::metadata: return read_lines(offset, bytes);
    }
}

std::vector<std::span<const std::byte>> PointView::pieces(size_t pieces_max) const {
    std::vector<std::span<const std::byte>> pieces;
    if (runs_.size() > pieces_max) return pieces;
    for (size_t i = 0; i < runs_.size(); ++i) {
        const uint64_t end = i + 1 < runs_.size() ? runs_[i + 1].offset : bytes_;
        pieces.emplace_back(runs_[i].data, end - runs_[i].offset);
    }
    return pieces;
}

uint64_t PointView::memory_bytes() const {
    return sizeof *this + runs_.capacity() * sizeof(Run) + ids_.capacity() * sizeof(uint64_t) +
           entries_.capacity() * sizeof(std::byte*) + line_offsets_.capacity() * sizeof(uint64_t);
}

void PointView::add_vector(const float* vector, uint32_t dimension) {
    const auto* data = reinterpret_cast<const std::byte*>(vector);
    if (runs_.empty() || runs_.back().data + (bytes_ - runs_.back().offset) != data)
        runs_.push_back({bytes_, data});
    bytes_ += dimension * sizeof(float);
}

void PointView::lay_lines_out() {
    line_offsets_.reserve(entries_.size());
    for (const std::byte* entry : entries_) {
        line_offsets_.push_back(bytes_);
        bytes_ += metadata_text(entry).size() + 1;
    }
}

void PointView::read_vectors(uint64_t offset, std::span<std::byte> bytes) const {
    auto run = std::upper_bound(runs_.begin(), runs_.end(), offset,
                                [](uint64_t at, const Run& each) { return at < each.offset; });
    for (--run; !bytes.empty(); ++run) {
        const uint64_t end = run + 1 == runs_.end() ? bytes_ : (run + 1)->offset;
        const size_t count = std::min<uint64_t>(bytes.size(), end - offset);
        std::memcpy(bytes.data(), run->data + (offset - run->offset), count);
        bytes = bytes.subspan(count);
        offset += count;
    }
}

void PointView::read_lines(uint64_t offset, std::span<std::byte> bytes) const {
    auto line = static_cast<size_t>(std::upper_bound(line_offsets_.begin(), line_offsets_.end(), offset) -
                                    line_offsets_.begin() - 1);
    for (size_t in_line = offset - line_offsets_[line]; !bytes.empty(); ++line, in_line = 0) {
        const std::string_view text = metadata_text(entries_[line]);
        const size_t count = std::min(bytes.size(), text.size() - std::min(in_line, text.size()));
        // JSON has line breaks between its tokens alone, where a blank says the same.
        std::transform(text.begin() + static_cast<ptrdiff_t>(in_line),
                       text.begin() + static_cast<ptrdiff_t>(in_line + count), bytes.begin(),
                       [](char c) { return static_cast<std::byte>(c == '\n' ? ' ' : c); });
        bytes = bytes.subspan(count);
        if (bytes.empty()) return;
        bytes.front() = std::byte{'\n'};
        bytes = bytes.subspan(1);
    }
}

}  // namespace vexfs
