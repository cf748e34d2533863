// SPDX-License-Identifier: Apache-2.0
// A disk that takes what is written to its files from a budget: a write waits until what was taken before it,
// and it itself, are paid for.
#pragma once

#include <functional>

#include "engine/storage/forwarding_disk.h"
#include "engine/storage/io_budget.h"

namespace vexfs {

class PacedDisk final : public ForwardingDisk {
  public:
    // Sleeps so long, or less where there is a reason to hurry.
    using Sleep = std::function<void(IoBudget::Clock::duration)>;

    // `below` and `budget` outlive it, and it its files.
    PacedDisk(Disk& below, IoBudget& budget, Sleep sleep)
        : ForwardingDisk(below), budget_(budget), sleep_(std::move(sleep)) {}

  protected:
    std::unique_ptr<File> wrap(const std::string& path, std::unique_ptr<File> below) override;

  private:
    class PacedFile;
    void pay(std::span<const iovec> parts);

    IoBudget& budget_;
    Sleep sleep_;
};

}  // namespace vexfs
