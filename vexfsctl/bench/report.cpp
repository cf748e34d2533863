// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/bench/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "vexfsctl/bench/claims.h"
#include "vexfsctl/bench/compare.h"
#include "vexfsctl/bench/plot.h"
#include "vexfsctl/text.h"

namespace vexfs::ctl {
namespace {

using nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

// A part of a report, the same whatever it becomes.
struct Section {
    std::string title;
    std::string text;
    std::vector<std::string> columns;
    Rows rows;
    std::vector<Plot> plots;
    size_t marked = SIZE_MAX;  // a column whose cells are good, bad or neither
};

std::string fixed(const ordered_json& value, int digits = 0) {
    return fmt::format("{:.{}f}", value.get<double>(), digits);
}

std::string milliseconds(const ordered_json& microseconds) {
    return fmt::format("{:.3f}", microseconds.get<double>() / 1000);
}

std::string percent(const ordered_json& share) {
    return share.is_null() ? "-" : fmt::format("{:.1f} %", share.get<double>() * 100);
}

// One search in so many takes longer.
std::string part_below(double one_in) {
    return fmt::format("{:.3g} %", (1 - 1 / one_in) * 100);
}

std::string way_of(const ordered_json& result) {
    return result.at("through") == "embedded" ? "engine in the same process" : "daemon's socket";
}

std::string description(const ordered_json& result) {
    const ordered_json& machine = result.at("machine");
    return fmt::format("{} of VexFS {}, {}, through the {}; {} CPUs {}, {} of memory, {}, {}",
                       result.at("kind") == "scenarios" ? "Scenarios" : "Benchmark",
                       result.at("vexfs").get<std::string>(), result.at("began").get<std::string>(),
                       way_of(result), machine.value("cpus", 0), machine.at("cpu").get<std::string>(),
                       human_bytes(machine.value("memory_bytes", uint64_t{0})), machine.value("kernel", ""),
                       machine.value("simd", ""));
}

Section inserts(const ordered_json& result) {
    Section section{
        "Inserts",
        "Rows a second, each with its metadata, durable when acknowledged; the median of repeats, each in a "
        "collection of its own.",
        {"case", "batch size", "rows", "vectors/s", "repeats"},
        {},
        {},
        SIZE_MAX};
    Plot plot{"Inserts by batch size", "rows in a batch", "vectors/s", true, true, {}};
    for (const ordered_json& one : result.at("cases")) {
        Series series{one.at("name"), {}};
        for (const ordered_json& insert : one.at("insert")) {
            std::vector<std::string> repeats;
            for (const ordered_json& repeat : insert.at("repeats")) repeats.push_back(fixed(repeat));
            section.rows.push_back({one.at("name"), insert.at("batch_size").dump(), insert.at("rows").dump(),
                                    fixed(insert.at("vectors_per_second")),
                                    fmt::format("{}", fmt::join(repeats, ", "))});
            series.points.emplace_back(insert.at("batch_size"), insert.at("vectors_per_second"));
        }
        plot.series.push_back(std::move(series));
    }
    section.plots.push_back(std::move(plot));
    return section;
}

Section searches(const ordered_json& result) {
    Section section{
        "Searches",
        "One query at a time, over one connection, for vectors that are not in the collection. Recall is the "
        "part "
        "of the true nearest that was found; truth comes from comparing all vectors.",
        {"case", "nearest", "queries/s", "mean ms", "p50 ms", "p95 ms", "p99 ms", "recall", "path"},
        {},
        {},
        SIZE_MAX};
    Plot recall{"Recall against speed, 10 nearest, by breadth", "recall", "queries/s", false, true, {}};
    Plot spread{"Time of searches, 10 nearest",
                "so many of the searches took at most",
                "ms",
                true,
                true,
                {},
                part_below};
    for (const ordered_json& one : result.at("cases")) {
        for (const ordered_json& search : one.at("search")) {
            section.rows.push_back({one.at("name"), search.at("limit").dump(),
                                    fixed(search.at("queries_per_second")),
                                    milliseconds(search.at("mean_us")), milliseconds(search.at("p50_us")),
                                    milliseconds(search.at("p95_us")), milliseconds(search.at("p99_us")),
                                    fixed(search.at("recall"), 4), search.at("path")});
            // The one of 10, or of as many as the case asks for at all.
            if (search.at("limit") != 10 && one.at("search").size() > 1) continue;
            Series series{one.at("name"), {}};
            for (const ordered_json& point : search.at("quantiles_us")) {
                const double part = point.at(0);
                // The longest of all would be at infinity.
                if (part < 1) series.points.emplace_back(1 / (1 - part), point.at(1).get<double>() / 1000);
            }
            spread.series.push_back(std::move(series));
        }
        Series series{one.at("name"), {}};
        for (const ordered_json& point : one.at("curve"))
            series.points.emplace_back(point.at("recall"), point.at("queries_per_second"));
        recall.series.push_back(std::move(series));
    }
    section.plots = {std::move(recall), std::move(spread)};
    return section;
}

Section growth(const ordered_json& result) {
    Section section{
        "Cost as data grow",
        "Memory and disk of a collection, how long indexing went on behind the last insert, and the query "
        "cache "
        "when all queries come again.",
        {"case", "index s", "index memory", "B/vector", "disk", "cache hits", "hit p50 ms"},
        {},
        {},
        SIZE_MAX};
    Plot time{"Mean time of searches as data grow", "vectors", "ms", true, true, {}};
    Plot memory{"Memory of the index as data grow", "vectors", "bytes", true, true, {}};
    const auto add = [](Plot& plot, const std::string& name, double x, double y) {
        auto found = std::ranges::find(plot.series, name, &Series::name);
        if (found == plot.series.end()) found = plot.series.insert(found, Series{name, {}});
        found->points.emplace_back(x, y);
        std::ranges::sort(found->points);
    };
    for (const ordered_json& one : result.at("cases")) {
        const ordered_json& index = one.at("index");
        section.rows.push_back(
            {one.at("name"), fixed(index.at("seconds_after_insert"), 2),
             human_bytes(index.at("memory_bytes").get<uint64_t>()), fixed(index.at("bytes_per_vector")),
             human_bytes(index.at("disk_bytes").get<uint64_t>()), percent(one.at("cache").at("hit_rate")),
             milliseconds(one.at("cache").at("p50_us"))});
        const auto rows = one.at("rows").get<double>();
        const std::string algorithm = one.at("algorithm");
        for (const ordered_json& search : one.at("search"))
            add(time, fmt::format("{}, {} nearest", algorithm, search.at("limit").dump()), rows,
                search.at("mean_us").get<double>() / 1000);
        add(memory, algorithm, rows, index.at("memory_bytes"));
    }
    section.plots = {std::move(time), std::move(memory)};
    return section;
}

Section claims(const ordered_json& result) {
    Section section{
        "Claims of the performance reference",
        fmt::format("Beside what was measured in the largest case of the algorithm. The reference "
                    "doesn't say on which machine, and with how many clients, its figures were taken; "
                    "these are of one client, through the {} whatever the claim is of.",
                    way_of(result)),
        {"claim", "reference", "measured", "held"},
        {},
        {},
        3};
    for (const Claim& claim : claims_beside(result))
        section.rows.push_back({claim.what, claim.claimed,
                                claim.measured.empty() ? "not measured" : claim.measured,
                                claim.measured.empty() ? ""
                                : claim.held           ? "yes"
                                                       : "no"});
    return section;
}

Section comparison(const ordered_json& before, const ordered_json& after) {
    size_t worse = 0, better = 0;
    Section section{"Comparison", "", {"case", "figure", "before", "after", "change", "trend"}, {}, {}, 5};
    for (const Compared& one : compare(before, after)) {
        worse += one.trend == Trend::worse;
        better += one.trend == Trend::better;
        const auto value = [&](const Figure& figure) {
            return figure.unit == "recall" || figure.unit == "ratio"
                       ? fmt::format("{:.4f}", figure.value)
                       : fmt::format("{} {}", short_number(figure.value), figure.unit);
        };
        section.rows.push_back({one.before.of, one.before.what, value(one.before), value(one.after),
                                fmt::format("{:+.1f} %", one.change * 100),
                                one.trend == Trend::worse    ? "worse"
                                : one.trend == Trend::better ? "better"
                                                             : ""});
    }
    section.text = fmt::format(
        "Before: {}. After: {}. {} of {} figures got worse and {} better, beyond the noise of their repeats.",
        description(before), description(after), worse, section.rows.size(), better);
    return section;
}

std::vector<Section> sections_of(const ordered_json& result, const ordered_json& after) {
    std::vector<Section> sections;
    if (!after.is_null()) sections.push_back(comparison(result, after));
    const ordered_json& shown = after.is_null() ? result : after;
    sections.push_back(searches(shown));
    sections.push_back(inserts(shown));
    sections.push_back(growth(shown));
    sections.push_back(claims(shown));
    return sections;
}

std::string escape_cell(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '|' || c == '\\') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

constexpr const char* page_head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>VexFS benchmark</title>
<style>
:root { color-scheme: light dark; --text: #1b1f24; --dim: #57606a; --page: #ffffff; --card: #f6f8fa; --grid: #d0d7de;
  --good: #1a7f37; --bad: #cf222e;
  --c0: #0969da; --c1: #bc4c00; --c2: #1a7f37; --c3: #8250df; --c4: #bf3989; --c5: #0a7d91; --c6: #9a6700; --c7: #57606a; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --dim: #9198a1; --page: #0d1117; --card: #161b22;
  --grid: #343b44; --good: #3fb950; --bad: #f85149;
  --c0: #58a6ff; --c1: #f0883e; --c2: #3fb950; --c3: #bc8cff; --c4: #ff7eb6; --c5: #39c5cf; --c6: #d29922; --c7: #9198a1; } }
body { margin: 0 auto; max-width: 1180px; padding: 1.5rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { margin-bottom: 0; } p { color: var(--dim); max-width: 75ch; margin-top: .2rem; }
.table { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--grid); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; } th { color: var(--dim); font-weight: 600; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(460px, 100%), 1fr)); gap: 1rem; margin: 1rem 0; }
svg { width: 100%; background: var(--card); border-radius: 8px; } svg text { fill: var(--dim); font: 12px system-ui, sans-serif; }
svg .title { fill: var(--text); font-size: 14px; font-weight: 600; } .grid { stroke: var(--grid); }
.line { fill: none; stroke-width: 2; }
)";

std::string style_sheet() {
    std::string styles = page_head;
    for (int i = 0; i < 8; ++i)
        styles +=
            fmt::format("circle.s{0} {{ fill: var(--c{0}); }} .line.s{0} {{ stroke: var(--c{0}); }}\n", i);
    return styles + "</style>\n</head>\n<body>\n";
}

std::string_view mark_of(const std::string& text) {
    if (text == "yes" || text == "better") return " class=\"good\"";
    return text == "no" || text == "worse" ? " class=\"bad\"" : "";
}

}  // namespace

std::string to_markdown(const ordered_json& result, const ordered_json& after) {
    std::string text =
        fmt::format("# VexFS benchmark\n\n{}\n", escape_cell(description(after.is_null() ? result : after)));
    for (const Section& section : sections_of(result, after)) {
        text += fmt::format("\n## {}\n\n{}\n\n|", section.title, escape_cell(section.text));
        for (const std::string& column : section.columns) text += fmt::format(" {} |", column);
        text += "\n|";
        for (size_t i = 0; i < section.columns.size(); ++i) text += i == 0 ? "---|" : "--:|";
        text += "\n";
        for (const auto& row : section.rows) {
            text += "|";
            for (const std::string& cell : row) text += fmt::format(" {} |", escape_cell(cell));
            text += "\n";
        }
    }
    return text;
}

std::string to_html(const ordered_json& result, const ordered_json& after) {
    std::string page = style_sheet();
    page += fmt::format("<h1>VexFS benchmark</h1>\n<p>{}</p>\n",
                        escape_html(description(after.is_null() ? result : after)));
    for (const Section& section : sections_of(result, after)) {
        page +=
            fmt::format("<h2>{}</h2>\n<p>{}</p>\n", escape_html(section.title), escape_html(section.text));
        if (!section.plots.empty()) {
            page += "<div class=\"plots\">\n";
            for (const Plot& plot : section.plots) page += to_svg(plot);
            page += "</div>\n";
        }
        page += "<div class=\"table\"><table>\n<tr>";
        for (const std::string& column : section.columns)
            page += fmt::format("<th>{}</th>", escape_html(column));
        page += "</tr>\n";
        for (const auto& row : section.rows) {
            page += "<tr>";
            for (size_t i = 0; i < row.size(); ++i)
                page += fmt::format("<td{}>{}</td>", i == section.marked ? mark_of(row[i]) : "",
                                    escape_html(row[i]));
            page += "</tr>\n";
        }
        page += "</table></div>\n";
    }
    return page + "</body>\n</html>\n";
}

}  // namespace vexfs::ctl
