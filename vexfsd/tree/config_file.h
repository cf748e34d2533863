// SPDX-License-Identifier: Apache-2.0
// `config`: what is written is applied when it is closed, or nothing changes.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "vexfsd/tree/open_file.h"

namespace vexfs {

class ConfigFile final : public OpenFile {
  public:
    using Text = std::function<Outcome<std::string>()>;
    using Apply = std::function<Outcome<void>(const std::string&)>;
    ConfigFile(Text text, Apply apply) : current_(std::move(text)), apply_(std::move(apply)) {}

    Outcome<size_t> read(uint64_t offset, std::span<std::byte> bytes) override;
    Outcome<size_t> write(uint64_t offset, std::span<const std::byte> bytes) override;
    Outcome<void> truncate(uint64_t bytes) override;
    Outcome<void> flush() override;
    bool may_take_long() const override { return true; }
    bool midway() override;

  private:
    // The text of now, unless it was written over.
    Outcome<void> fill();

    const Text current_;
    const Apply apply_;
    std::mutex mutex_;
    std::string text_;
    bool changed_ = false;  // text_ differs from what was
    bool dirty_ = false;    // and is not applied
};

}  // namespace vexfs
