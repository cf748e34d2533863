// SPDX-License-Identifier: Apache-2.0
// What of the daemon the monitor shows, and what keys make of that. No terminal here.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace vexfs::ctl {

enum class Screen { collections, io, machine, alerts };
inline constexpr size_t screens = 4;

struct View {
    Screen screen = Screen::collections;
    std::string opened;  // the collection that is looked into, or empty
    size_t sort = 0;     // a column of the screen
    bool reversed = false;
    std::string filter;    // shown are the names that contain it
    bool typing = false;   // the filter is being typed
    std::string selected;  // the row that the cursor is on, by its name; else it is on the first one
    bool paused = false;
    bool help = false;
    bool quit = false;
};

// A key: a character, or one of these.
enum Key : int {
    key_enter = '\n',
    key_escape = 27,
    key_backspace = 127,
    key_up = 1000,
    key_down,
    key_page_up,
    key_page_down,
    key_home,
    key_end
};

// The names of the rows of the screen, in their order. `reply` is that of the request "watch".
std::vector<std::string> rows_of(const nlohmann::json& reply, const View& view);
// The place of the cursor among them.
size_t cursor_of(const std::vector<std::string>& rows, const View& view);

// `page` is how many rows are to be seen.
void press(View& view, int key, const nlohmann::json& reply, size_t page);

// Makes rates of `now` those since `before`, an earlier reply: for who looks less often than every second.
void put_rates_since(nlohmann::json& now, const nlohmann::json& before);

// What a table of the screen is sorted by.
struct SortColumn {
    std::string_view title;
    std::string_view path;  // a JSON pointer into the object of a row, of a number or a string
};
const std::vector<SortColumn>& sort_columns(Screen screen);

}  // namespace vexfs::ctl
