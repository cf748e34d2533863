// SPDX-License-Identifier: Apache-2.0
// Draws what the daemon tells of itself as lines of text. The same reply and view make the same lines.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "vexfsctl/monitor/view.h"

namespace vexfs::ctl {

enum class Style { plain, title, dim, good, warning, bad, chosen };
struct Span {
    std::string text;  // escaped: it can't steer a terminal
    Style style = Style::plain;
};
using Line = std::vector<Span>;

struct Size {
    size_t columns = 80, rows = 24;
};
inline constexpr Size size_min{40, 10};

// `reply` is that of the request "watch", with a history. As many lines as there are rows, none wider than
// the columns.
std::vector<Line> draw(const nlohmann::json& reply, const View& view, Size size);
// How many rows of a table fit.
size_t rows_in_page(const View& view, Size size);

// The lines as text, without blanks at their ends.
std::string text_of(const std::vector<Line>& lines);

// The last values as a curve of that many columns, from 0 to their greatest; unknown ones are blank.
std::string sparkline(const nlohmann::json& values, size_t columns);

}  // namespace vexfs::ctl
