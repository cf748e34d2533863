// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/entry_walk.h"

#include <algorithm>

namespace vexfs {

void EntryWalk::take(std::span<const std::byte> piece) {
    while (!piece.empty()) {
        if (text_left_ > 0) {
            const size_t taken = std::min<size_t>(text_left_, piece.size());
            text_left_ -= static_cast<uint32_t>(taken);
            piece = piece.subspan(taken);
            continue;
        }
        if (entries_left_ == 0) return;  // padding
        length_ |= std::to_integer<uint32_t>(piece[0]) << (8 * length_bytes_);
        piece = piece.subspan(1);
        if (++length_bytes_ < sizeof length_) continue;
        --entries_left_;
        text_left_ = length_;
        length_ = length_bytes_ = 0;
    }
}

}  // namespace vexfs
