// SPDX-License-Identifier: Apache-2.0
// Files that tell something: made when they are read from their beginning.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "vexfsd/tree/open_file.h"

namespace vexfs {

class ReportFile final : public OpenFile {
  public:
    using Make = std::function<Outcome<std::string>()>;
    explicit ReportFile(Make make) : make_(std::move(make)) {}

    Outcome<size_t> read(uint64_t offset, std::span<std::byte> bytes) override;
    Outcome<size_t> write(uint64_t, std::span<const std::byte>) override {
        return refuse(EBADF, "the file tells something, it takes nothing");
    }
    Outcome<void> truncate(uint64_t) override { return refuse(EPERM, "the file tells something"); }
    bool may_take_long() const override { return true; }

  private:
    const Make make_;
    std::mutex mutex_;
    std::string text_;
};

}  // namespace vexfs
