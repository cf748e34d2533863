// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/bench/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace vexfs::ctl {
namespace {

constexpr double width = 560, height = 340;
constexpr double left = 64, right = 24, top = 36, bottom = 52;
constexpr double legend_row = 16;
constexpr size_t colours = 8;

struct Axis {
    bool logarithmic;
    std::vector<double> marks;
    double from, to;  // in the picture

    double place(double value) const {
        const auto scale = [this](double v) { return logarithmic ? std::log10(v) : v; };
        const double low = scale(marks.front()), high = scale(marks.back());
        return from + (scale(value) - low) / (high - low) * (to - from);
    }
};

bool shown(const Plot& plot, const std::pair<double, double>& point) {
    return std::isfinite(point.first) && std::isfinite(point.second) &&
           (!plot.x_logarithmic || point.first > 0) && (!plot.y_logarithmic || point.second > 0);
}

std::vector<double> marks_of(const Plot& plot, bool of_x) {
    double least = INFINITY, greatest = -INFINITY;
    for (const Series& series : plot.series) {
        for (const auto& point : series.points) {
            if (!shown(plot, point)) continue;
            const double value = of_x ? point.first : point.second;
            least = std::min(least, value);
            greatest = std::max(greatest, value);
        }
    }
    if (least > greatest) least = greatest = 1;
    return ticks(least, greatest, of_x ? plot.x_logarithmic : plot.y_logarithmic);
}

}  // namespace

std::vector<double> ticks(double least, double greatest, bool logarithmic) {
    std::vector<double> marks;
    if (logarithmic) {
        // Powers of ten alone would be too few.
        const bool between = greatest / least <= 100 * (1 + 1e-9);
        for (double power = std::floor(std::log10(least) + 1e-9);; ++power) {
            for (const double factor : {1, 2, 5}) {
                if (factor > 1 && !between) continue;
                const double mark = factor * std::pow(10, power);
                if (marks.size() == 1 && mark <= least * (1 + 1e-9)) marks.clear();
                marks.push_back(mark);
                if (mark >= greatest * (1 - 1e-9) && marks.size() > 1) return marks;
            }
        }
    }
    if (greatest - least < 1e-9 * std::max(1.0, std::abs(greatest))) {
        least -= std::max(0.01, std::abs(least) * 0.05);
        greatest += std::max(0.01, std::abs(greatest) * 0.05);
    }
    const double rough = (greatest - least) / 5;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    const double step = power * (rough / power > 5 ? 10 : rough / power > 2 ? 5 : rough / power > 1 ? 2 : 1);
    for (double mark = std::floor(least / step) * step; mark < greatest + step; mark += step)
        marks.push_back(mark);
    return marks;
}

std::string short_number(double value) {
    constexpr std::array units{"", "k", "M", "G", "T"};
    size_t unit = 0;
    while (std::abs(value) >= 999.95 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    return fmt::format("{:.4g}{}", value, units[unit]);
}

std::string escape_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

std::string to_svg(const Plot& plot) {
    const double legend = legend_row * static_cast<double>((plot.series.size() + 1) / 2);
    const double all = height + legend;
    const Axis x{plot.x_logarithmic, marks_of(plot, true), left, width - right};
    const Axis y{plot.y_logarithmic, marks_of(plot, false), height - bottom, top};
    fmt::memory_buffer svg;
    const auto out = std::back_inserter(svg);
    fmt::format_to(out, "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", width, all,
                   escape_html(plot.title));
    fmt::format_to(out, "<text class=\"title\" x=\"{}\" y=\"18\">{}</text>\n", left, escape_html(plot.title));
    for (const double mark : x.marks) {
        fmt::format_to(out,
                       "<path class=\"grid\" d=\"M{0:.1f} {1}V{2}\"/><text x=\"{0:.1f}\" y=\"{3}\" "
                       "text-anchor=\"middle\">{4}</text>\n",
                       x.place(mark), top, height - bottom, height - bottom + 16,
                       escape_html(plot.x_text(mark)));
    }
    for (const double mark : y.marks) {
        fmt::format_to(out,
                       "<path class=\"grid\" d=\"M{0} {1:.1f}H{2}\"/><text x=\"{3}\" y=\"{4:.1f}\" "
                       "text-anchor=\"end\">{5}</text>\n",
                       left, y.place(mark), width - right, left - 6, y.place(mark) + 4, short_number(mark));
    }
    fmt::format_to(out, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                   (left + width - right) / 2, height - bottom + 36, escape_html(plot.x_label));
    fmt::format_to(out, "<text transform=\"translate(14 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
                   (top + height - bottom) / 2, escape_html(plot.y_label));
    for (size_t i = 0; i < plot.series.size(); ++i) {
        const Series& series = plot.series[i];
        std::string path, dots;
        for (const auto& point : series.points) {
            if (!shown(plot, point)) continue;
            path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x.place(point.first),
                                y.place(point.second));
            dots += fmt::format(
                "<circle class=\"s{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"><title>{}: {}, "
                "{}</title></circle>\n",
                i % colours, x.place(point.first), y.place(point.second), escape_html(series.name),
                escape_html(plot.x_text(point.first)), short_number(point.second));
        }
        if (!path.empty())
            fmt::format_to(out, "<path class=\"line s{}\" d=\"{}\"/>\n{}", i % colours, path, dots);
        const double legend_x = left + (i % 2 == 0 ? 0 : (width - left - right) / 2);
        const double legend_y = height - 4 + legend_row * static_cast<double>(i / 2);
        fmt::format_to(
            out, "<circle class=\"s{}\" cx=\"{}\" cy=\"{}\" r=\"4\"/><text x=\"{}\" y=\"{}\">{}</text>\n",
            i % colours, legend_x, legend_y, legend_x + 10, legend_y + 4, escape_html(series.name));
    }
    return fmt::to_string(svg) + "</svg>\n";
}

}  // namespace vexfs::ctl
