// SPDX-License-Identifier: Apache-2.0
// What keys make of what is shown.
#include "vexfsctl/monitor/view.h"

#include <catch2/catch.hpp>

#include "tests/vexfsctl/monitor/reply.h"

using namespace vexfs::ctl;
using namespace vexfs::test;
using Names = std::vector<std::string>;

namespace {

void press_all(View& view, const std::string& keys) {
    for (const char key : keys) press(view, key, watch_reply(), 2);
}

}  // namespace

TEST_CASE("collections come with the most asked first, and by each column in turn") {
    View view;
    CHECK(rows_of(watch_reply(), view) == Names{"words", "docs", "images"});
    press_all(view, "s");
    CHECK(rows_of(watch_reply(), view) == Names{"docs", "images", "words"});
    press_all(view, "r");
    CHECK(rows_of(watch_reply(), view) == Names{"words", "images", "docs"});
    press_all(view, "rs");
    CHECK(rows_of(watch_reply(), view) == Names{"words", "images", "docs"});
    press_all(view, "ssss");
    CHECK(view.sort == 0);
}

TEST_CASE("what is not known is sorted last") {
    View view;
    view.sort = 4;
    CHECK(rows_of(watch_reply(), view).front() == "words");
}

TEST_CASE("a filter is typed, kept by enter and dropped by escape") {
    View view;
    press_all(view, "/ord");
    CHECK(view.typing);
    CHECK(rows_of(watch_reply(), view) == Names{"words"});
    press_all(view, "q");
    CHECK_FALSE(view.quit);
    press(view, key_backspace, watch_reply(), 2);
    press(view, key_enter, watch_reply(), 2);
    CHECK_FALSE(view.typing);
    CHECK(view.filter == "ord");
    press(view, key_escape, watch_reply(), 2);
    CHECK(view.filter.empty());
}

TEST_CASE("a character of several bytes is taken away as one") {
    View view;
    press_all(view, "/a");
    for (const int byte : {0xc3, 0xa9}) press(view, byte, watch_reply(), 2);
    CHECK(view.filter == "a\xc3\xa9");
    press(view, key_backspace, watch_reply(), 2);
    CHECK(view.filter == "a");
}

TEST_CASE("the cursor stays on its row when the order changes, and within the rows") {
    View view;
    press_all(view, "j");
    CHECK(view.selected == "docs");
    press_all(view, "s");
    CHECK(cursor_of(rows_of(watch_reply(), view), view) == 0);
    press(view, key_end, watch_reply(), 2);
    CHECK(view.selected == "words");
    press_all(view, "jjj");
    CHECK(view.selected == "words");
    press(view, key_page_up, watch_reply(), 2);
    CHECK(view.selected == "docs");
    press(view, key_home, watch_reply(), 2);
    CHECK(view.selected == "docs");
}

TEST_CASE("enter looks into a collection, and escape comes back") {
    View view;
    press_all(view, "j\n");
    CHECK(view.opened == "docs");
    press(view, key_escape, watch_reply(), 2);
    CHECK(view.opened.empty());
    CHECK(view.selected == "docs");
}

TEST_CASE("digits and tab go to the screens, and keys without a row do nothing") {
    View view;
    press_all(view, "3\nj");
    CHECK(view.screen == Screen::machine);
    CHECK(view.opened.empty());
    press_all(view, "\t\t\t");
    CHECK(view.screen == Screen::io);
    press_all(view, " ?");
    CHECK(view.paused);
    CHECK(view.help);
    press_all(view, "q");
    CHECK(view.quit);
}

TEST_CASE("rates are what came since an earlier reply, but not across a restart") {
    nlohmann::json before = watch_reply(), now = watch_reply();
    now["time_ms"] = before["time_ms"].get<double>() + 5000;
    now["collections"][2]["queries"] = 1500;
    put_rates_since(now, before);
    CHECK(now["collections"][2]["lately"]["queries_per_s"] == 100.0);
    CHECK(now["collections"][0]["lately"]["queries_per_s"] == 0.0);
    CHECK(now["lately"]["queries_per_s"] == 100.0);
    nlohmann::json restarted = watch_reply();
    restarted["time_ms"] = now["time_ms"].get<double>() + 5000;
    restarted["started_s"] = 1'000'000'000.0;
    put_rates_since(restarted, now);
    CHECK(restarted["lately"]["queries_per_s"] == 1251.5);
}
