// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/text.h"

#include <catch2/catch.hpp>
#include <clocale>

#include "vexfsctl/exit_status.h"
#include "vexfsctl/progress.h"

using namespace vexfs::ctl;

TEST_CASE("what could steer a terminal is escaped") {
    CHECK(escape_for_terminal("plain text, Grüße, 漢字") == "plain text, Grüße, 漢字");
    CHECK(escape_for_terminal("\x1b[31mred\x07") == "\\x1b[31mred\\x07");
    CHECK(escape_for_terminal("\xc2\x9b") == "\\u{009b}");              // the 8-bit CSI
    CHECK(escape_for_terminal("\xe2\x80\xae") == "\\u{202e}");          // right-to-left override
    CHECK(escape_for_terminal("a\xff\xc0\xaf") == "a\\xff\\xc0\\xaf");  // no UTF-8, and an overlong one
    CHECK(escape_for_terminal("\xf0\x9f") == "\\xf0\\x9f");             // cut off
}

TEST_CASE("a field of a tab-separated line holds neither tab nor newline") {
    CHECK(escape_field("a\tb\nc\\d") == "a\\tb\\nc\\\\d");
}

TEST_CASE("text is cut by columns, not by bytes") {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    CHECK(fit("abcdef", 6) == "abcdef");
    CHECK(fit("abcdef", 4) == "abc…");
    CHECK(fit("éééé", 4) == "éééé");
    CHECK(display_width("漢字") == 4);
    CHECK(fit("漢字漢", 4) == "漢…");
    CHECK(fit("abc", 0).empty());
}

TEST_CASE("numbers for people") {
    CHECK(human_bytes(1023) == "1023 B");
    CHECK(human_bytes(1536) == "1.5 KiB");
    CHECK(human_bytes(uint64_t{1} << 30) == "1.0 GiB");
    CHECK(human_bytes((uint64_t{1} << 30) - 1) == "1.0 GiB");
    CHECK(human_count(0) == "0");
    CHECK(human_count(999) == "999");
    CHECK(human_count(1234567) == "1,234,567");
    CHECK(human_duration(59.6) == "1:00");
    CHECK(human_duration(3725) == "1:02:05");
}

TEST_CASE("a progress line shows share, rate and the time left") {
    ProgressState state;
    state.done = 600;
    state.done_before = 100;  // a resumed import: these rows say nothing about the speed
    state.total = 1100;
    state.seconds = 5;
    const std::string line = progress_line("docs", state, 120);
    CHECK(line == "docs  [#############-----------]  54.5 %  600 rows  100 rows/s  ETA 0:05");
    CHECK(progress_line("docs", state, 10) == "docs  [##…");
}

TEST_CASE("without a total the progress has neither share nor end") {
    ProgressState state;
    state.done = 10;
    state.seconds = 1;
    CHECK(progress_line("docs", state, 80) == "docs  10 rows  10 rows/s");
    state.unit = ProgressUnit::bytes;
    state.done = 3 << 20;
    CHECK(progress_line("docs", state, 80).starts_with("docs  3.0 MiB  "));
}

TEST_CASE("each exit status stands in the table once") {
    int before = -1;
    for (const ExitStatusRow& row : exit_statuses()) {
        CHECK(static_cast<int>(row.status) > before);
        CHECK_FALSE(row.meaning.empty());
        before = static_cast<int>(row.status);
    }
    CHECK(exit_status_of(vexfs::ErrorCode::dimension_mismatch) == ExitStatus::bad_input);
    CHECK(exit_status_of(vexfs::ErrorCode::corrupt) == ExitStatus::storage);
}
