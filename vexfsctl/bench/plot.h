// SPDX-License-Identifier: Apache-2.0
// A plot as an SVG element for a page: lines with their points, on axes that are linear or logarithmic.
// Colours are the page's: the classes s0 to s7 and var(--text), var(--grid).
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace vexfs::ctl {

struct Series {
    std::string name;
    std::vector<std::pair<double, double>> points;  // in the order in which they are joined
};

// "12", "1.5k", "2M"
std::string short_number(double value);

struct Plot {
    std::string title, x_label, y_label;
    bool x_logarithmic = false, y_logarithmic = false;  // what is not above 0 is left out then
    std::vector<Series> series;
    std::string (*x_text)(double value) = short_number;
};

std::string to_svg(const Plot& plot);

// Where an axis is marked, from below the least value to above the greatest.
std::vector<double> ticks(double least, double greatest, bool logarithmic);

// & < > and quotes as HTML has them.
std::string escape_html(std::string_view text);

}  // namespace vexfs::ctl
