// SPDX-License-Identifier: Apache-2.0
// The screens, as they are to look.
#include "vexfsctl/monitor/draw.h"

#include <catch2/catch.hpp>
#include <clocale>
#include <cstdlib>
#include <ctime>

#include "tests/vexfsctl/monitor/reply.h"
#include "vexfsctl/text.h"

using namespace vexfs::ctl;
using namespace vexfs::test;
using Catch::Contains;
using nlohmann::json;

namespace {

std::string drawn(const View& view, Size size = {}, const json& reply = watch_reply()) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    return "\n" + text_of(draw(reply, view, size));
}

}  // namespace

// clang-format off
TEST_CASE("the collections, the most asked first") {
    CHECK(drawn({}, {80, 10}) == R"(
vexfsd up 1d 3:48:10  1.25k queries/s  p50 0.20 ms  p99 1.40 ms         01:48:10
queries/s                                                           ▁▁▂▃▆█ 1.25k
p99 ms                                                                ▅████ 1.40
 1 Collections  2 Disk  3 Machine  4 Alerts
NAME                    POINTS QUERIES/s  P50 ms  P99 ms PROMISED RECALL BACKLOG
words                    1.23M     1.23k    0.21    1.30    95.0%  93.2%       0
docs                       900        17    0.21    1.30    95.0%      -     700
images                   50.0k         0       -       -    95.0%      -       0

q quit  ? help  enter open  / filter  space pause  s sorted by queries
)");
}

TEST_CASE("what is read, written and synced") {
    View view;
    view.screen = Screen::io;
    CHECK(drawn(view, {80, 10}) == R"(
vexfsd up 1d 3:48:10  1.25k queries/s  p50 0.20 ms  p99 1.40 ms         01:48:10
queries/s                                                           ▁▁▂▃▆█ 1.25k
p99 ms                                                                ▅████ 1.40
 1 Collections  2 Disk  3 Machine  4 Alerts
NAME                IOPS  DEPTH SYNC P99 ms   SYNCS       READ    WRITTEN ERRORS
docs                   2   0.12        0.75      30     1000 B      900 B      0
images                 2   0.12        0.75      30     1000 B   48.8 KiB      0
words                  2   0.12        0.75      30     1000 B    1.2 MiB      0

q quit  ? help  enter open  / filter  space pause  s sorted by iops
)");
}

TEST_CASE("the machine") {
    View view;
    view.screen = Screen::machine;
    CHECK(drawn(view) == R"(
vexfsd up 1d 3:48:10  1.25k queries/s  p50 0.20 ms  p99 1.40 ms         01:48:10
queries/s                                                           ▁▁▂▃▆█ 1.25k
p99 ms                                                                ▅████ 1.40
 1 Collections  2 Disk  3 Machine  4 Alerts

  CPUs                █████████████░░░░░░░░░░░░░ 50.0% of 4 CPUs, daemon 20.0%
  memory              ███████░░░░░░░░░░░░░░░░░░░ 6.0 GiB free of 8.0 GiB
  disk of the data    █████████████████████████░ 5.0 GiB free of 100.0 GiB
  daemon's memory     300.0 MiB
  load                1.25
  clients             3, 1 requests in work, 0 waiting
  query cache         1.00k answers, 5.0 MiB, 25.0% of requests hit
  mount               /mnt/vexfs by fuse, 2 requests in work, 1 waiting
                      FUSE, because there is no module
  tuning              balanced: 2 values have drifted
  quarantined         0







q quit  ? help  escape back  space pause
)");
}

TEST_CASE("a collection that is looked into") {
    View view;
    view.opened = "words";
    CHECK(drawn(view) == R"(
vexfsd up 1d 3:48:10  1.25k queries/s  p50 0.20 ms  p99 1.40 ms         01:48:10
queries/s                                                           ▁▁▂▃▆█ 1.25k
p99 ms                                                                ▅████ 1.40
 1 Collections  2 Disk  3 Machine  4 Alerts
words
                      hnsw cosine, dimension 384
  points              1.23M, 12 dead rows, 2 segments
  index               1.23M rows, backlog 0 (0.0% of the limit)
  disk and memory     3.0 MiB on disk, 1.0 MiB index, 0 B filters
  recall              promised 95.0%, measured 95.7%, observed 93.2% (128 probe…
  queries             1.00k (1.23k/s), 1 failed
  time                p50 0.21 ms, p99 1.30 ms
  query cache         5 hits, 15 misses, lately -
  writes              2.00k rows (0/s), 3 deleted, 4 updated, 0 held back
  disk                10 reads, 20 writes, 30 syncs, 0 errors
                      2 a second, 0.12 under way, sync p99 0.75 ms







q quit  ? help  escape back  space pause
)");
}
// clang-format on

TEST_CASE("every line fits, at any size") {
    for (const Screen screen : {Screen::collections, Screen::io, Screen::machine, Screen::alerts}) {
        for (const bool opened : {false, true}) {
            for (size_t columns = 1; columns <= 132; columns += 7) {
                for (size_t rows = 1; rows <= 40; rows += 3) {
                    View view;
                    view.screen = screen;
                    view.opened = opened ? "words" : "";
                    view.help = columns % 2 == 0;
                    const auto lines = draw(watch_reply(), view, {columns, rows});
                    CHECK(lines.size() == rows);
                    for (const Line& line : lines) {
                        size_t width = 0;
                        for (const Span& span : line) width += display_width(span.text);
                        CHECK(width <= columns);
                    }
                }
            }
        }
    }
}

TEST_CASE("the cursor's row is always to be seen") {
    json reply = watch_reply();
    reply["collections"] = json::array();
    for (int i = 100; i < 200; ++i)
        reply["collections"].push_back(collection_of("c" + std::to_string(i), 1, 0));
    View view;
    view.selected = "c150";
    const std::string text = drawn(view, {80, 24}, reply);
    CHECK_THAT(text, Contains("c150"));
    CHECK_THAT(text, !Contains("c151") && !Contains("c100"));
}

TEST_CASE("names can't steer the terminal") {
    json reply = watch_reply();
    reply["collections"] = json::array({collection_of("a\x1b[2Jb", 1, 0)});
    CHECK_THAT(drawn({}, {}, reply), Contains("a\\x1b[2Jb"));
    View view;
    view.opened = "a\x1b[2Jb";
    CHECK_THAT(drawn(view, {}, reply), Contains("a\\x1b[2Jb"));
    view.filter = "\x1b[2J";
    CHECK_THAT(drawn(view, {}, reply), !Contains("\x1b"));
}

TEST_CASE("what is wrong is marked") {
    const auto style_of = [](const View& view, const std::string& text) {
        for (const Line& line : draw(watch_reply(), view, {}))
            for (const Span& span : line)
                if (span.text.find(text) != std::string::npos) return span.style;
        return Style::plain;
    };
    View view;
    view.selected = "images";
    CHECK(style_of(view, "93.2%") == Style::warning);
    CHECK(style_of(view, "700") == Style::bad);
    view.screen = Screen::machine;
    CHECK(style_of(view, "FUSE, because") == Style::warning);
    CHECK(style_of(view, "drifted") == Style::warning);
}

TEST_CASE("a collection that is gone, a filter that takes none, and no collection at all are said") {
    View view;
    view.opened = "gone";
    CHECK_THAT(drawn(view), Contains("there is no such collection any more"));
    view = {};
    view.filter = "zzz";
    CHECK_THAT(drawn(view), Contains("no collection has that in its name"));
    json reply = watch_reply();
    reply["collections"] = json::array();
    CHECK_THAT(drawn({}, {}, reply), Contains("there is no collection"));
}

TEST_CASE("a curve goes from nothing to its greatest, and has gaps for what is not known") {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    CHECK(sparkline({0, 50, 100, nullptr, 25}, 5) == "▁▅█ ▃");
    CHECK(sparkline({1, 2, 3}, 2) == "▆█");
    CHECK(sparkline({7}, 3) == "  █");
    CHECK(sparkline(json::array(), 2) == "  ");
    CHECK(sparkline({0, 0}, 2) == "▁▁");
}
