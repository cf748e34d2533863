// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/monitor/draw.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>

#include "vexfsctl/monitor/figures.h"
#include "vexfsctl/text.h"

namespace vexfs::ctl {
namespace {

using json = nlohmann::json;

constexpr size_t head_rows = 5;  // the daemon, two curves, the screens, the titles of the table
constexpr size_t foot_rows = 1;
constexpr size_t label_columns = 22;

struct ScreenColumn {
    std::string title;
    size_t width;  // 0 takes what is left, and stands on the left
    std::string (*text)(const json& row);
    Style (*style)(const json& row);
};

Style plainly(const json&) {
    return Style::plain;
}

Style recall_style(const json& row) {
    const json& observed = row.at("observed_recall");
    if (observed.is_null()) return Style::dim;
    const double missing = row.at("promised_recall").get<double>() - observed.get<double>();
    return missing > 0.02 ? Style::bad : missing > 0.005 ? Style::warning : Style::good;
}

Style backlog_style(const json& row) {
    const double ratio = row.at("backlog_ratio").get<double>();
    return ratio > 0.8 ? Style::bad : ratio > 0.4 ? Style::warning : Style::plain;
}

Style severity_style(const json& row) {
    const std::string severity = row.at("severity");
    return severity == "critical" ? Style::bad : severity == "warning" ? Style::warning : Style::plain;
}

const std::vector<ScreenColumn>& columns_of(Screen screen) {
    static const std::vector<ScreenColumn> collections{
        {"NAME", 0, [](const json& row) { return text_at(row, "/name"); }, plainly},
        {"POINTS", 9, [](const json& row) { return short_count(row, "/points"); }, plainly},
        {"QUERIES/s", 10, [](const json& row) { return short_count(row, "/lately/queries_per_s"); }, plainly},
        {"P50 ms", 8, [](const json& row) { return scaled(row, "/lately/p50_us", 1e-3); }, plainly},
        {"P99 ms", 8, [](const json& row) { return scaled(row, "/lately/p99_us", 1e-3); }, plainly},
        {"PROMISED", 9, [](const json& row) { return share(row, "/promised_recall"); }, plainly},
        {"RECALL", 7, [](const json& row) { return share(row, "/observed_recall"); }, recall_style},
        {"BACKLOG", 8, [](const json& row) { return short_count(row, "/backlog_rows"); }, backlog_style},
    };
    static const std::vector<ScreenColumn> io{
        {"NAME", 0, [](const json& row) { return text_at(row, "/name"); }, plainly},
        {"IOPS", 8, [](const json& row) { return short_count(row, "/lately/iops"); }, plainly},
        {"DEPTH", 7, [](const json& row) { return scaled(row, "/lately/queue_depth", 1); }, plainly},
        {"SYNC P99 ms", 12, [](const json& row) { return scaled(row, "/lately/sync_p99_ms", 1); }, plainly},
        {"SYNCS", 8, [](const json& row) { return short_count(row, "/io/syncs"); }, plainly},
        {"READ", 11, [](const json& row) { return bytes_at(row, "/io/read_bytes"); }, plainly},
        {"WRITTEN", 11, [](const json& row) { return bytes_at(row, "/io/written_bytes"); }, plainly},
        {"ERRORS", 7, [](const json& row) { return short_count(row, "/io/errors"); },
         [](const json& row) { return row.at("io").at("errors") == 0 ? Style::plain : Style::bad; }},
    };
    static const std::vector<ScreenColumn> alerts{
        {"ALERT", 0, [](const json& row) { return text_at(row, "/name"); }, severity_style},
        {"SEVERITY", 9, [](const json& row) { return text_at(row, "/severity"); }, severity_style},
        {"VALUE", 10, [](const json& row) { return scaled(row, "/value", 1); }, plainly},
        {"THRESHOLD", 10, [](const json& row) { return scaled(row, "/threshold", 1); }, plainly},
        {"SINCE", 9, [](const json& row) { return clock_time(row, "/raised_ms"); }, plainly},
    };
    static const std::vector<ScreenColumn> none;
    switch (screen) {
        case Screen::collections: return collections;
        case Screen::io: return io;
        case Screen::alerts: return alerts;
        case Screen::machine: break;
    }
    return none;
}

class Drawing {
  public:
    Drawing(const json& reply, const View& view, Size size) : reply_(reply), view_(view), size_(size) {}

    std::vector<Line> finish() {
        head();
        if (view_.help) {
            help();
        } else if (!view_.opened.empty()) {
            collection();
        } else if (view_.screen == Screen::machine) {
            machine();
        } else {
            table();
        }
        lines_.resize(size_.rows - foot_rows);
        lines_.push_back({{fit(foot(), size_.columns), Style::dim}});
        for (Line& line : lines_) cut(line);
        return std::move(lines_);
    }

  private:
    void cut(Line& line) const {
        size_t left = size_.columns;
        for (Span& span : line) {
            if (display_width(span.text) > left) span.text = fit(span.text, left);
            left -= std::min(left, display_width(span.text));
        }
    }

    void head() {
        const json& lately = reply_.at("lately");
        std::string left = fmt::format("vexfsd up {}  {} queries/s  p50 {} ms  p99 {} ms", uptime(reply_),
                                       short_count(lately, "/queries_per_s"), scaled(lately, "/p50_us", 1e-3),
                                       scaled(lately, "/p99_us", 1e-3));
        const std::string right =
            fmt::format("{}{}", view_.paused ? "PAUSED " : "", clock_time(reply_, "/time_ms"));
        pad(left, size_.columns - std::min(size_.columns, display_width(right)));
        lines_.push_back({{left, Style::title}, {right, view_.paused ? Style::warning : Style::title}});
        curve("queries/s", "queries_per_s", 1);
        curve("p99 ms", "p99_us", 1e-3);
        Line screens_line;
        constexpr std::array names{"1 Collections", "2 Disk", "3 Machine", "4 Alerts"};
        for (size_t i = 0; i < names.size(); ++i) {
            const bool here = i == static_cast<size_t>(view_.screen);
            screens_line.push_back({fmt::format(" {} ", names[i]), here ? Style::chosen : Style::plain});
        }
        const auto alerts = reply_.find("alerts");
        if (alerts != reply_.end() && !alerts->empty())
            screens_line.push_back({fmt::format(" {} raised", alerts->size()), Style::bad});
        if (!view_.filter.empty() || view_.typing) {
            screens_line.push_back(
                {fmt::format("  /{}{}", escape_for_terminal(view_.filter), view_.typing ? "_" : ""),
                 Style::warning});
        }
        lines_.push_back(std::move(screens_line));
    }

    void curve(const std::string& label, const std::string& field, double unit) {
        const auto history = reply_.find("history");
        if (history == reply_.end()) {
            lines_.push_back({{fmt::format("{:<10}", label), Style::dim}});
            return;
        }
        const json& values = history->at(field);
        const std::string most = fmt::format(" {}", number(greatest(values) * unit));
        const size_t columns = size_.columns - std::min(size_.columns, 10 + display_width(most));
        lines_.push_back({{fmt::format("{:<10}", label), Style::dim},
                          {sparkline(values, columns), Style::good},
                          {most, Style::dim}});
    }

    void table() {
        const std::vector<ScreenColumn>& columns = columns_of(view_.screen);
        size_t fixed = 0;
        for (const ScreenColumn& column : columns) fixed += column.width;
        const size_t name_width = size_.columns > fixed + 8 ? size_.columns - fixed : 8;
        Line titles;
        for (const ScreenColumn& column : columns)
            titles.push_back({aligned(column.title, column.width, name_width), Style::title});
        lines_.push_back(std::move(titles));

        const std::vector<std::string> rows = rows_of(reply_, view_);
        const size_t cursor = cursor_of(rows, view_);
        const size_t page = rows_in_page(view_, size_);
        const size_t first = cursor < page ? 0 : cursor - page + 1;
        for (size_t i = first; i < std::min(rows.size(), first + page); ++i) {
            const json& row = row_of(rows[i]);
            Line line;
            for (const ScreenColumn& column : columns) {
                const Style style = i == cursor ? Style::chosen : column.style(row);
                line.push_back({aligned(column.text(row), column.width, name_width), style});
            }
            lines_.push_back(std::move(line));
        }
        if (!rows.empty()) return;
        lines_.push_back({{view_.screen == Screen::alerts ? "no alert is raised"
                           : view_.filter.empty()         ? "there is no collection"
                                                          : "no collection has that in its name",
                           Style::dim}});
    }

    const json& row_of(const std::string& name) const {
        const json& rows = reply_.at(view_.screen == Screen::alerts ? "alerts" : "collections");
        return *std::ranges::find_if(rows, [&](const json& row) { return row.at("name") == name; });
    }

    static std::string aligned(std::string text, size_t width, size_t name_width) {
        if (width != 0) {
            text = fit(text, width - 1);
            return std::string(width - std::min(width, display_width(text)), ' ') + text;
        }
        text = fit(text, name_width);
        pad(text, name_width);
        return text;
    }

    static void pad(std::string& text, size_t columns) {
        const size_t width = display_width(text);
        if (width < columns) text.append(columns - width, ' ');
    }

    void pair(const std::string& label, const std::string& value, Style style = Style::plain) {
        std::string shown = "  " + label;
        pad(shown, label_columns);
        lines_.push_back({{shown, Style::dim}, {value, style}});
    }

    void bar(const std::string& label, const std::optional<double>& part, const std::string& text,
             bool full_is_bad) {
        if (!part) return pair(label, "not known", Style::dim);
        const size_t columns = std::min<size_t>(30, size_.columns / 3);
        const auto filled =
            static_cast<size_t>(std::clamp(*part, 0.0, 1.0) * static_cast<double>(columns) + 0.5);
        std::string drawn;
        for (size_t i = 0; i < columns; ++i) drawn += i < filled ? "█" : "░";
        std::string shown = "  " + label;
        pad(shown, label_columns);
        const Style style = full_is_bad && *part > 0.9 ? Style::bad : Style::good;
        lines_.push_back({{shown, Style::dim}, {drawn, style}, {" " + text}});
    }

    void machine() {
        const json& host = reply_.at("host");
        const auto used = [&](const char* all, const char* free) -> std::optional<double> {
            const auto size = number_at(host, all), left = number_at(host, free);
            if (!size || !left || *size == 0) return std::nullopt;
            return 1 - *left / *size;
        };
        lines_.emplace_back();
        bar("CPUs", number_at(host, "/cpu_busy_ratio"),
            fmt::format("{} of {} CPUs, daemon {}", share(host, "/cpu_busy_ratio"), text_at(host, "/cpus"),
                        share(host, "/process_cpu_ratio")),
            true);
        bar("memory", used("/memory_bytes", "/memory_available_bytes"),
            fmt::format("{} free of {}", bytes_at(host, "/memory_available_bytes"),
                        bytes_at(host, "/memory_bytes")),
            true);
        bar("disk of the data", used("/disk_bytes", "/disk_free_bytes"),
            fmt::format("{} free of {}", bytes_at(host, "/disk_free_bytes"), bytes_at(host, "/disk_bytes")),
            true);
        pair("daemon's memory", bytes_at(host, "/process_memory_bytes"));
        pair("load", scaled(host, "/load_1m", 1));
        const json& server = reply_.at("server");
        pair("clients", fmt::format("{}, {} requests in work, {} waiting", text_at(server, "/clients"),
                                    text_at(server, "/in_work"), text_at(server, "/waiting")));
        const json& cache = reply_.at("cache");
        pair("query cache", fmt::format("{} answers, {}, {} of requests hit", short_count(cache, "/entries"),
                                        bytes_at(cache, "/bytes"), share(reply_, "/lately/cache_hit_ratio")));
        const json& mount = reply_.at("mount");
        if (mount.at("mounted") == true) {
            pair("mount", fmt::format("{} by {}, {} requests in work, {} waiting",
                                      text_at(mount, "/directory"), text_at(mount, "/backend"),
                                      text_at(mount, "/in_work"), text_at(mount, "/waiting")));
        } else {
            pair("mount", "not mounted", Style::dim);
        }
        pair("", text_at(mount, "/note"), mount.at("fallback") == true ? Style::warning : Style::dim);
        const json& tuning = reply_.at("tuning");
        const bool drifted = tuning.at("drifted") != 0;
        pair("tuning",
             drifted ? fmt::format("{}: {} values have drifted", text_at(tuning, "/profile"),
                                   text_at(tuning, "/drifted"))
                     : fmt::format("{} {}", text_at(tuning, "/profile"), text_at(tuning, "/state")),
             drifted ? Style::warning : Style::plain);
        pair("quarantined", text_at(reply_, "/quarantined"),
             reply_.at("quarantined") == 0 ? Style::plain : Style::bad);
    }

    void collection() {
        const json& rows = reply_.at("collections");
        const auto found =
            std::ranges::find_if(rows, [&](const json& row) { return row.at("name") == view_.opened; });
        lines_.push_back({{escape_for_terminal(view_.opened), Style::title}});
        if (found == rows.end()) {
            lines_.push_back({{"there is no such collection any more", Style::warning}});
            return;
        }
        const json& row = *found;
        pair("",
             fmt::format("{} {}, dimension {}{}", text_at(row, "/algorithm"), text_at(row, "/metric"),
                         text_at(row, "/dimension"), row.at("read_only") == true ? ", READ-ONLY" : ""),
             row.at("read_only") == true ? Style::bad : Style::plain);
        pair("points", fmt::format("{}, {} dead rows, {} segments", short_count(row, "/points"),
                                   short_count(row, "/dead_rows"), text_at(row, "/segments")));
        pair("index",
             fmt::format("{} rows, backlog {} ({} of the limit)", short_count(row, "/indexed_rows"),
                         short_count(row, "/backlog_rows"), share(row, "/backlog_ratio")),
             backlog_style(row));
        pair("disk and memory",
             fmt::format("{} on disk, {} index, {} filters", bytes_at(row, "/disk_bytes"),
                         bytes_at(row, "/index_memory_bytes"), bytes_at(row, "/filter_memory_bytes")));
        pair("recall",
             fmt::format("promised {}, measured {}, observed {} ({} probes)", share(row, "/promised_recall"),
                         share(row, "/measured_recall"), share(row, "/observed_recall"),
                         short_count(row, "/recall_probes")),
             recall_style(row));
        pair("queries",
             fmt::format("{} ({}/s), {} failed", short_count(row, "/queries"),
                         short_count(row, "/lately/queries_per_s"), short_count(row, "/failures")));
        pair("time", fmt::format("p50 {} ms, p99 {} ms", scaled(row, "/lately/p50_us", 1e-3),
                                 scaled(row, "/lately/p99_us", 1e-3)));
        pair("query cache",
             fmt::format("{} hits, {} misses, lately {}", short_count(row, "/cache_hits"),
                         short_count(row, "/cache_misses"), share(row, "/lately/cache_hit_ratio")));
        pair("writes",
             fmt::format("{} rows ({}/s), {} deleted, {} updated, {} held back",
                         short_count(row, "/inserted_rows"), short_count(row, "/lately/inserts_per_s"),
                         short_count(row, "/deleted_points"), short_count(row, "/updates"),
                         short_count(row, "/held_writes")));
        pair("disk", fmt::format("{} reads, {} writes, {} syncs, {} errors", short_count(row, "/io/reads"),
                                 short_count(row, "/io/writes"), short_count(row, "/io/syncs"),
                                 short_count(row, "/io/errors")));
        pair("", fmt::format("{} a second, {} under way, sync p99 {} ms", short_count(row, "/lately/iops"),
                             scaled(row, "/lately/queue_depth", 1), scaled(row, "/lately/sync_p99_ms", 1)));
        const auto history = reply_.find("opened_history");
        if (history == reply_.end()) return;
        for (const auto& [label, field] : {std::pair{"queries/s", "queries_per_s"},
                                           {"p99 us", "p99_us"},
                                           {"recall", "observed_recall"},
                                           {"backlog", "backlog_rows"}}) {
            const json& values = history->at(field);
            std::string shown = fmt::format("  {}", label);
            pad(shown, label_columns);
            const std::string most = " " + number(greatest(values));
            const size_t columns = size_.columns - std::min(size_.columns, label_columns + most.size());
            lines_.push_back(
                {{shown, Style::dim}, {sparkline(values, columns), Style::good}, {most, Style::dim}});
        }
    }

    void help() {
        constexpr std::array keys{
            "1 2 3 4, tab    collections, disk, machine, alerts",
            "up down, j k    the next row; page up and down, home, end",
            "enter           look into a collection; escape comes back",
            "s               sort by the next column",
            "r               the other way round",
            "/               show the names that contain what is typed, until escape",
            "space           stop the figures, and go on",
            "?               this help",
            "q               quit",
            "",
            "Rates are of the last interval, times of about the last ten seconds.",
            "The curves above are of all collections, the last seconds on the right.",
        };
        lines_.emplace_back();
        for (const char* key : keys) lines_.push_back({{fmt::format("  {}", key)}});
    }

    std::string foot() const {
        if (view_.typing) return "enter keeps the filter, escape drops it";
        const SortColumn& sort = sort_columns(view_.screen).at(view_.sort);
        if (sort.title.empty() || !view_.opened.empty()) return "q quit  ? help  escape back  space pause";
        return fmt::format("q quit  ? help  enter open  / filter  space pause  s sorted by {}{}", sort.title,
                           view_.reversed ? ", reversed" : "");
    }

    const json& reply_;
    const View& view_;
    const Size size_;
    std::vector<Line> lines_;
};

}  // namespace

size_t rows_in_page(const View&, Size size) {
    return size.rows > head_rows + foot_rows ? size.rows - head_rows - foot_rows : 1;
}

std::vector<Line> draw(const json& reply, const View& view, Size size) {
    if (size.columns < size_min.columns || size.rows < size_min.rows) {
        std::vector<Line> lines(std::max<size_t>(size.rows, 1));
        lines[0] = {{fit(fmt::format("needs {} x {}", size_min.columns, size_min.rows), size.columns),
                     Style::warning}};
        return lines;
    }
    return Drawing(reply, view, size).finish();
}

std::string text_of(const std::vector<Line>& lines) {
    std::string text;
    for (const Line& line : lines) {
        std::string shown;
        for (const Span& span : line) shown += span.text;
        text += shown.substr(0, shown.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
}

std::string sparkline(const json& values, size_t columns) {
    constexpr std::array curve{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const double most = greatest(values);
    const size_t shown = std::min(columns, values.size());
    std::string line(columns - shown, ' ');
    for (size_t i = values.size() - shown; i < values.size(); ++i) {
        if (values[i].is_null()) {
            line += ' ';
            continue;
        }
        const double part = most > 0 ? std::clamp(values[i].get<double>() / most, 0.0, 1.0) : 0;
        const auto step =
            std::min(curve.size() - 1, static_cast<size_t>(part * static_cast<double>(curve.size())));
        line += curve[step];
    }
    return line;
}

}  // namespace vexfs::ctl
