// SPDX-License-Identifier: Apache-2.0
// `points/ID`: a vector as raw f32. Who opens it reads what it was then; a vector that is written takes its
// place when it is closed, and the metadata stay.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "vexfsd/tree/memory_budget.h"
#include "vexfsd/tree/open_file.h"

namespace vexfs {

class PointFile final : public OpenFile {
  public:
    using Store = std::function<Outcome<void>(std::span<const float>)>;
    // `vector` is empty where there is no such point yet.
    static Outcome<std::unique_ptr<OpenFile>> open(std::vector<float> vector, uint32_t dimension,
                                                   MemoryBudget& budget, Store store);

    Outcome<size_t> read(uint64_t offset, std::span<std::byte> bytes) override;
    Outcome<size_t> write(uint64_t offset, std::span<const std::byte> bytes) override;
    Outcome<void> truncate(uint64_t bytes) override;
    Outcome<void> flush() override;
    bool may_take_long() const override { return true; }
    bool midway() override;

  private:
    PointFile(std::vector<float> vector, uint32_t dimension, MemoryBudget& budget, Store store);

    const uint64_t bytes_whole_;
    const Store store_;
    MemoryBudget::Share share_;
    std::mutex mutex_;
    std::vector<float> vector_;  // room for all of it
    uint64_t bytes_ = 0;         // there are
    bool dirty_ = false;
};

}  // namespace vexfs
