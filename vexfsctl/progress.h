// SPDX-License-Identifier: Apache-2.0
// The progress of long work: a bar on stderr where that is a terminal, silence elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vexfs::ctl {

double seconds_since(std::chrono::steady_clock::time_point start);

enum class ProgressUnit { rows, bytes };

struct ProgressState {
    uint64_t done = 0;
    uint64_t done_before = 0;       // rows that were done when the work began: not part of the rate
    std::optional<uint64_t> total;  // unknown where only the end tells
    double seconds = 0;             // since the work began
    ProgressUnit unit = ProgressUnit::rows;
};

// "docs  [#####-----]  50.0 %  500,000 rows  12,345 rows/s  ETA 0:40", in `columns` at most.
std::string progress_line(std::string_view label, const ProgressState& state, size_t columns);

class Progress {
  public:
    Progress(std::string label, std::optional<uint64_t> total, uint64_t done_before = 0,
             ProgressUnit unit = ProgressUnit::rows);
    ~Progress();  // takes the bar away
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void update(uint64_t done);
    void set_total(uint64_t total) { state_.total = total; }
    double seconds() const;

  private:
    std::string label_;
    ProgressState state_;
    bool shown_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point start_, drawn_at_;
};

}  // namespace vexfs::ctl
