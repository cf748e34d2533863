// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/monitor/view.h"

#include <algorithm>
#include <array>

namespace vexfs::ctl {
namespace {

using json = nlohmann::json;

constexpr size_t filter_bytes_max = 128;
constexpr double ms_per_s = 1000;

const json& rows_json(const json& reply, Screen screen) {
    static const json none = json::array();
    const auto found = reply.find(screen == Screen::alerts ? "alerts" : "collections");
    return screen == Screen::machine || found == reply.end() ? none : *found;
}

const json& value_at(const json& row, std::string_view path) {
    static const json none;
    const json::json_pointer pointer{std::string(path)};
    return row.contains(pointer) ? row.at(pointer) : none;
}

// Numbers from the greatest, text from A on, what is not known last.
bool before(const json& a, const json& b) {
    if (a.is_null() || b.is_null()) return !a.is_null() && b.is_null();
    if (a.is_string() && b.is_string()) return a < b;
    return a.get<double>() > b.get<double>();
}

void move(View& view, const std::vector<std::string>& rows, ptrdiff_t by) {
    if (rows.empty()) return;
    const auto last = static_cast<ptrdiff_t>(rows.size()) - 1;
    const auto to = std::clamp(static_cast<ptrdiff_t>(cursor_of(rows, view)) + by, ptrdiff_t{0}, last);
    view.selected = rows[static_cast<size_t>(to)];
}

void show(View& view, Screen screen) {
    view.screen = screen;
    view.opened.clear();
    view.selected.clear();
    view.sort = 0;
    view.reversed = false;
}

// The filter is typed; false where the key is for something else.
bool type(View& view, int key) {
    if (!view.typing) return false;
    if (key == key_enter) {
        view.typing = false;
    } else if (key == key_escape) {
        view.typing = false;
        view.filter.clear();
    } else if (key == key_backspace) {
        // A whole character of UTF-8.
        while (!view.filter.empty() && (view.filter.back() & 0xc0) == 0x80) view.filter.pop_back();
        if (!view.filter.empty()) view.filter.pop_back();
    } else if (key >= ' ' && key < 256 && view.filter.size() < filter_bytes_max) {
        view.filter += static_cast<char>(key);
    }
    return true;
}

void leave(View& view) {
    if (view.help) {
        view.help = false;
    } else if (!view.opened.empty()) {
        view.opened.clear();
    } else {
        view.filter.clear();
    }
}

}  // namespace

const std::vector<SortColumn>& sort_columns(Screen screen) {
    static const std::array<std::vector<SortColumn>, screens> columns{{
        {{"queries", "/lately/queries_per_s"},
         {"name", "/name"},
         {"points", "/points"},
         {"p99", "/lately/p99_us"},
         {"recall", "/observed_recall"},
         {"backlog", "/backlog_rows"}},
        {{"iops", "/lately/iops"},
         {"name", "/name"},
         {"depth", "/lately/queue_depth"},
         {"sync p99", "/lately/sync_p99_ms"},
         {"written", "/io/written_bytes"},
         {"errors", "/io/errors"}},
        {{"", ""}},
        {{"raised", "/raised_ms"}, {"rule", "/rule"}, {"severity", "/severity"}},
    }};
    return columns[static_cast<size_t>(screen)];
}

std::vector<std::string> rows_of(const json& reply, const View& view) {
    std::vector<const json*> rows;
    for (const json& row : rows_json(reply, view.screen)) {
        if (row.at("name").get_ref<const std::string&>().find(view.filter) != std::string::npos)
            rows.push_back(&row);
    }
    const std::string_view path = sort_columns(view.screen).at(view.sort).path;
    std::ranges::stable_sort(rows, [&](const json* a, const json* b) {
        const json &left = value_at(*a, path), &right = value_at(*b, path);
        return view.reversed ? before(right, left) : before(left, right);
    });
    std::vector<std::string> names;
    for (const json* row : rows) names.push_back(row->at("name").get<std::string>());
    return names;
}

size_t cursor_of(const std::vector<std::string>& rows, const View& view) {
    const auto found = std::ranges::find(rows, view.selected);
    return found == rows.end() ? 0 : static_cast<size_t>(found - rows.begin());
}

void press(View& view, int key, const json& reply, size_t page) {
    if (type(view, key)) return;
    const std::vector<std::string> rows = rows_of(reply, view);
    const auto step = static_cast<ptrdiff_t>(std::max<size_t>(page, 1));
    const auto all = static_cast<ptrdiff_t>(rows.size());
    switch (key) {
        case 'q': view.quit = true; break;
        case '?':
        case 'h': view.help = !view.help; break;
        case ' ': view.paused = !view.paused; break;
        case '1':
        case '2':
        case '3':
        case '4': show(view, static_cast<Screen>(key - '1')); break;
        case '\t': show(view, static_cast<Screen>((static_cast<size_t>(view.screen) + 1) % screens)); break;
        case 's': view.sort = (view.sort + 1) % sort_columns(view.screen).size(); break;
        case 'r': view.reversed = !view.reversed; break;
        case '/':
            view.typing = true;
            view.opened.clear();
            break;
        case key_escape:
        case key_backspace: leave(view); break;
        case key_enter:
            if (view.screen != Screen::alerts && !rows.empty()) view.opened = rows[cursor_of(rows, view)];
            break;
        case 'k':
        case key_up: move(view, rows, -1); break;
        case 'j':
        case key_down: move(view, rows, 1); break;
        case key_page_up: move(view, rows, -step); break;
        case key_page_down: move(view, rows, step); break;
        case key_home: move(view, rows, -all); break;
        case key_end: move(view, rows, all); break;
        default: break;
    }
}

void put_rates_since(json& now, const json& before) {
    const double passed_s = (now.at("time_ms").get<double>() - before.at("time_ms").get<double>()) / ms_per_s;
    if (passed_s <= 0 || now.at("started_s") != before.at("started_s")) return;
    double queries = 0, inserts = 0;
    for (json& collection : now.at("collections")) {
        const auto earlier = std::ranges::find_if(before.at("collections"), [&](const json& other) {
            return other.at("name") == collection.at("name");
        });
        json& lately = collection.at("lately");
        if (earlier != before.at("collections").end()) {
            const auto rate = [&](const char* count) {
                const double change = collection.at(count).get<double>() - earlier->at(count).get<double>();
                return std::max(0.0, change) / passed_s;
            };
            lately["queries_per_s"] = rate("queries");
            lately["inserts_per_s"] = rate("inserted_rows");
        }
        queries += lately.at("queries_per_s").get<double>();
        inserts += lately.at("inserts_per_s").get<double>();
    }
    now["interval_s"] = passed_s;
    now["lately"]["queries_per_s"] = queries;
    now["lately"]["inserts_per_s"] = inserts;
}

}  // namespace vexfs::ctl
