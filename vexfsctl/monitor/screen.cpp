// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/monitor/screen.h"

#include <curses.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "vexfsctl/terminal.h"

namespace vexfs::ctl {
namespace {

constexpr int escape_wait_ms = 25;  // for the rest of a key that begins with escape

enum Pair : short { green = 1, yellow, red };

attr_t attributes_of(Style style) {
    const auto colour = [](Pair pair) {
        return has_colors() ? COLOR_PAIR(pair) : static_cast<attr_t>(A_NORMAL);
    };
    switch (style) {
        case Style::plain: return A_NORMAL;
        case Style::title: return A_BOLD;
        case Style::dim: return A_DIM;
        case Style::good: return colour(green);
        case Style::warning: return colour(yellow) | A_BOLD;
        case Style::bad: return colour(red) | A_BOLD;
        case Style::chosen: return A_REVERSE;
    }
    return A_NORMAL;
}

int key_of(int pressed) {
    switch (pressed) {
        case KEY_UP: return key_up;
        case KEY_DOWN: return key_down;
        case KEY_PPAGE: return key_page_up;
        case KEY_NPAGE: return key_page_down;
        case KEY_HOME: return key_home;
        case KEY_END: return key_end;
        case KEY_BACKSPACE:
        case '\b': return key_backspace;
        case KEY_ENTER:
        case '\r': return key_enter;
        default: return pressed;
    }
}

}  // namespace

Result<Terminal> Terminal::open() {
    if (!is_terminal(STDIN_FILENO) || !is_terminal(STDOUT_FILENO)) {
        return fail(ErrorCode::unsupported, "the monitor needs a terminal",
                    "--once shows how it is now, -o json is for programs");
    }
    // newterm() tells of an unknown terminal, where initscr() would end the process.
    if (newterm(nullptr, stdout, stdin) == nullptr) {
        const char* const type = std::getenv("TERM");
        return fail(
            ErrorCode::unsupported,
            std::string("this terminal can't be drawn on: TERM is ") + (type == nullptr ? "not set" : type),
            "--once shows how it is now");
    }
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    set_escdelay(escape_wait_ms);
    curs_set(0);
    if (wants_colour(STDOUT_FILENO) && has_colors()) {
        start_color();
        use_default_colors();
        init_pair(green, COLOR_GREEN, -1);
        init_pair(yellow, COLOR_YELLOW, -1);
        init_pair(red, COLOR_RED, -1);
    }
    return Terminal();
}

Terminal::~Terminal() {
    if (open_) endwin();
}

Size Terminal::size() const {
    int rows = 0, columns = 0;
    getmaxyx(stdscr, rows, columns);
    return {static_cast<size_t>(columns), static_cast<size_t>(rows)};
}

void Terminal::show(const std::vector<Line>& lines) {
    erase();
    for (size_t row = 0; row < lines.size(); ++row) {
        if (::move(static_cast<int>(row), 0) == ERR) break;
        for (const Span& span : lines[row]) {
            attrset(attributes_of(span.style));
            addnstr(span.text.data(), static_cast<int>(span.text.size()));
        }
    }
    attrset(A_NORMAL);
    refresh();
}

std::optional<int> Terminal::key(std::chrono::milliseconds timeout) {
    ::timeout(static_cast<int>(timeout.count()));
    const int pressed = getch();
    if (pressed == ERR || pressed == KEY_RESIZE) return std::nullopt;
    return key_of(pressed);
}

}  // namespace vexfs::ctl
