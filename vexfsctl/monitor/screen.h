// SPDX-License-Identifier: Apache-2.0
// The terminal, by ncurses: shows lines and reads keys. One at a time.
#pragma once

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "vexfsctl/monitor/draw.h"

namespace vexfs::ctl {

class Terminal {
  public:
    // unsupported where standard input or output is no terminal, or one that can't be drawn on.
    static Result<Terminal> open();
    ~Terminal();
    Terminal(Terminal&& other) noexcept : open_(std::exchange(other.open_, false)) {}
    Terminal& operator=(Terminal&&) = delete;

    Size size() const;
    void show(const std::vector<Line>& lines);
    // A key as press() takes it, after that time at most; also none where the size has changed.
    std::optional<int> key(std::chrono::milliseconds timeout);

  private:
    Terminal() = default;
    bool open_ = true;
};

}  // namespace vexfs::ctl
