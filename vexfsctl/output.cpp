// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "vexfsctl/terminal.h"
#include "vexfsctl/text.h"

namespace vexfs::ctl {
namespace {

constexpr int envelope_version = 1;
constexpr size_t column_gap = 2;
constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view in_red = "\x1b[31m";
constexpr std::string_view plain_again = "\x1b[0m";

std::string dump(const nlohmann::ordered_json& json, int indent) {
    return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void append_row(std::string& out, const Table& table, const std::vector<std::string>& cells,
                const std::vector<size_t>& widths) {
    for (size_t i = 0; i < cells.size(); ++i) {
        const bool last = i + 1 == cells.size();
        const std::string cell = last ? fit(cells[i], widths[i]) : cells[i];
        const std::string padding(widths[i] - std::min(widths[i], display_width(cell)), ' ');
        if (table.columns[i].right_aligned) {
            out += padding + cell;
        } else {
            out += cell;
            if (!last) out += padding;
        }
        if (!last) out.append(column_gap, ' ');
    }
    out += '\n';
}

}  // namespace

std::string render_table(const Table& table, size_t columns_max, bool colour) {
    std::vector<size_t> widths;
    std::vector<std::string> titles;
    bool titled = false;
    for (const Column& column : table.columns) {
        titles.push_back(column.title);
        widths.push_back(display_width(column.title));
        titled = titled || !column.title.empty();
    }
    std::vector<std::vector<std::string>> rows = table.rows;
    for (auto& row : rows) {
        for (size_t i = 0; i < row.size(); ++i) {
            row[i] = escape_for_terminal(row[i]);
            widths[i] = std::max(widths[i], display_width(row[i]));
        }
    }
    if (columns_max > 0 && !widths.empty()) {
        size_t before = 0;
        for (size_t i = 0; i + 1 < widths.size(); ++i) before += widths[i] + column_gap;
        const size_t title = display_width(titles.back());
        widths.back() =
            std::min(widths.back(), std::max(columns_max > before ? columns_max - before : 0, title));
    }
    std::string out;
    if (titled) {
        if (colour) out += bold;
        append_row(out, table, titles, widths);
        if (colour) out.insert(out.size() - 1, plain_again);
    }
    for (const auto& row : rows) append_row(out, table, row, widths);
    return out;
}

std::string render_plain(const Table& table) {
    std::string out;
    for (const auto& row : table.rows) {
        for (size_t i = 0; i < row.size(); ++i) {
            if (i > 0) out += '\t';
            out += escape_field(row[i]);
        }
        out += '\n';
    }
    return out;
}

std::string render_json(const nlohmann::ordered_json& payload, bool indented) {
    nlohmann::ordered_json envelope{{"version", envelope_version}};
    for (const auto& [key, value] : payload.items()) envelope[key] = value;
    return dump(envelope, indented ? 2 : -1);
}

Result<void> Output::print(const nlohmann::ordered_json& payload, const Table& table) {
    const bool terminal = is_terminal(STDOUT_FILENO);
    switch (format_) {
        case OutputFormat::json: return print_text(render_json(payload, terminal));
        case OutputFormat::plain: return print_text(render_plain(table));
        case OutputFormat::table: break;
    }
    return print_text(render_table(table, terminal ? terminal_columns(STDOUT_FILENO) : 0,
                                   terminal && wants_colour(STDOUT_FILENO)));
}

Result<void> Output::print_text(std::string_view text) {
    while (!text.empty() && !closed_) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<size_t>(written));
        } else if (errno == EPIPE) {
            closed_ = true;
        } else if (errno != EINTR) {
            return fail_errno("write standard output", errno);
        }
    }
    return {};
}

void Output::note(std::string_view text) const {
    fmt::print(stderr, "{}\n", escape_for_terminal(text));
}

void Output::report(const Error& error) const {
    if (format_ == OutputFormat::json) {
        nlohmann::ordered_json json{{"code", name_of(error.code)},
                                    {"errno", errno_name(error.code)},
                                    {"message", error.message},
                                    {"hint", error.hint}};
        fmt::print(stderr, "{}", render_json({{"error", std::move(json)}}, is_terminal(STDERR_FILENO)));
        return;
    }
    const bool colour = wants_colour(STDERR_FILENO);
    fmt::print(stderr, "{}vexfsctl:{} {} ({})\n", colour ? in_red : "", colour ? plain_again : "",
               escape_for_terminal(error.message), name_of(error.code));
    if (!error.hint.empty()) fmt::print(stderr, "  hint: {}\n", escape_for_terminal(error.hint));
}

}  // namespace vexfs::ctl
