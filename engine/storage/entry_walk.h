// SPDX-License-Identifier: Apache-2.0
// Whether metadata entries fit the body of their record, for a body that comes in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace vexfs {

class EntryWalk {
  public:
    explicit EntryWalk(uint32_t entries) : entries_left_(entries) {}

    void take(std::span<const std::byte> piece);
    // Whether all entries were in what was taken.
    bool complete() const { return entries_left_ == 0 && text_left_ == 0; }

  private:
    uint32_t entries_left_;
    uint32_t text_left_ = 0;  // of the entry that is taken
    uint32_t length_ = 0;
    uint32_t length_bytes_ = 0;  // of length_, that were taken
};

}  // namespace vexfs
