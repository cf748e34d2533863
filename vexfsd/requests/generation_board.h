// SPDX-License-Identifier: Apache-2.0
// Numbers that stand where somebody else can see them, one for each collection: it changes before a change of
// the collection is acknowledged, so that a reply that was made since the number had a value holds as long as
// it has it. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>

namespace vexfs {

class Collection;

// On what a reply hangs.
struct ReplyHold {
    uint32_t slot = 0;
    uint64_t generation = 0;
};

class GenerationBoard {
  public:
    // The numbers must outlast every collection that is asked for.
    explicit GenerationBoard(std::span<std::atomic<uint64_t>> numbers) : numbers_(numbers) {}

    // Of the collection as it is now. None where all numbers are given away: each opening of a collection
    // has one of its own.
    std::optional<ReplyHold> read(Collection& collection);

  private:
    const std::span<std::atomic<uint64_t>> numbers_;
    std::mutex mutex_;                              // guards what follows
    std::unordered_map<uint64_t, uint32_t> slots_;  // by the instance of Generation
};

}  // namespace vexfs
