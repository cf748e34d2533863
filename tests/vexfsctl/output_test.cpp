// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/output.h"

#include <catch2/catch.hpp>
#include <clocale>

using namespace vexfs::ctl;

namespace {

const Table hits{{{"RANK", true}, {"ID", true}, {"METADATA"}},
                 {{"1", "7", R"({"word":"king"})"}, {"2", "1000", "a\x1b[2Jb\tc"}}};

}  // namespace

TEST_CASE("a table is aligned and escaped") {
    CHECK(render_table(hits, 0, false) ==
          "RANK    ID  METADATA\n"
          "   1     7  {\"word\":\"king\"}\n"
          "   2  1000  a\\x1b[2Jb\\tc\n");
}

TEST_CASE("the last column is fitted to the terminal") {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    CHECK(render_table(hits, 20, false) ==
          "RANK    ID  METADATA\n"
          "   1     7  {\"word\"…\n"
          "   2  1000  a\\x1b[2…\n");
    // A terminal too narrow for anything still gets the titles whole.
    CHECK(render_table(hits, 1, false).find("METADATA") != std::string::npos);
}

TEST_CASE("colour touches the titles only") {
    CHECK(render_table(hits, 0, true).starts_with("\x1b[1mRANK    ID  METADATA\x1b[0m\n   1"));
}

TEST_CASE("a table without titles has no empty first line") {
    CHECK(render_table({{{""}, {""}}, {{"name", "words"}}}, 0, false) == "name  words\n");
}

TEST_CASE("plain lines part fields by tabs and have no header") {
    CHECK(render_plain(hits) == "1\t7\t{\"word\":\"king\"}\n2\t1000\ta\\x1b[2Jb\\tc\n");
}

TEST_CASE("JSON is an envelope with its version first, and one line for programs") {
    CHECK(render_json({{"hits", nlohmann::ordered_json::array()}}, false) == "{\"version\":1,\"hits\":[]}\n");
    CHECK(render_json({{"a", 1}}, true) == "{\n  \"version\": 1,\n  \"a\": 1\n}\n");
    CHECK(render_json({{"a", "\xff"}}, false) == "{\"version\":1,\"a\":\"\xef\xbf\xbd\"}\n");
}
