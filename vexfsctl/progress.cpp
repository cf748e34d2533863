// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "vexfsctl/terminal.h"
#include "vexfsctl/text.h"

namespace vexfs::ctl {
namespace {

constexpr auto redraw_every = std::chrono::milliseconds(100);
constexpr size_t bar_columns = 24;

}  // namespace

std::string progress_line(std::string_view label, const ProgressState& state, size_t columns) {
    const double rate =
        state.seconds > 0
            ? static_cast<double>(state.done - std::min(state.done, state.done_before)) / state.seconds
            : 0;
    std::string line = escape_for_terminal(label);
    if (state.total && *state.total > 0) {
        const double share =
            std::min(1.0, static_cast<double>(state.done) / static_cast<double>(*state.total));
        const auto filled = static_cast<size_t>(share * bar_columns);
        line += fmt::format("  [{}{}] {:5.1f} %", std::string(filled, '#'),
                            std::string(bar_columns - filled, '-'), 100 * share);
    }
    const auto per_second = static_cast<uint64_t>(rate + 0.5);
    line += state.unit == ProgressUnit::bytes
                ? fmt::format("  {}  {}/s", human_bytes(state.done), human_bytes(per_second))
                : fmt::format("  {} rows  {} rows/s", human_count(state.done), human_count(per_second));
    if (state.total && rate > 0) {
        const uint64_t left = *state.total - std::min(*state.total, state.done);
        line += "  ETA " + human_duration(static_cast<double>(left) / rate);
    }
    return fit(line, columns);
}

Progress::Progress(std::string label, std::optional<uint64_t> total, uint64_t done_before, ProgressUnit unit)
    : label_(std::move(label)),
      shown_(is_terminal(STDERR_FILENO)),
      start_(std::chrono::steady_clock::now()),
      drawn_at_(start_) {
    state_.unit = unit;
    state_.total = total;
    state_.done = state_.done_before = done_before;
}

Progress::~Progress() {
    if (drawn_) fmt::print(stderr, "\r\x1b[K");
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double Progress::seconds() const {
    return seconds_since(start_);
}

void Progress::update(uint64_t done) {
    state_.done = done;
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || (drawn_ && now - drawn_at_ < redraw_every)) return;
    state_.seconds = seconds();
    // One column is left free: a full line would wrap on some terminals.
    fmt::print(stderr, "\r{}\x1b[K", progress_line(label_, state_, terminal_columns(STDERR_FILENO) - 1));
    std::fflush(stderr);
    drawn_ = true;
    drawn_at_ = now;
}

}  // namespace vexfs::ctl
