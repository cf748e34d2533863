// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/completion.h"

#include <catch2/catch.hpp>

using namespace vexfs::ctl;

namespace {

struct Example {
    std::string name, colour;
    Cli cli;

    Example() {
        CLI::App* noun = cli.noun("thing", "Things that don't exist");
        CLI::App* verb =
            cli.verb(noun, "paint", "Paint one", "", [](Context&) { return ExitStatus::success; });
        cli.collection_argument(verb, name);
        cli.choice(verb, "-c,--colour", colour, {"red", "green"}, "Its colour");
    }
};

bool has(const std::string& script, const std::string& text) {
    return script.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("completion scripts hold what was registered, and nothing has to be told twice") {
    const Example example;
    for (const std::string& script : {bash_completion(example.cli), zsh_completion(example.cli)}) {
        CHECK(has(script, "'/thing/paint') return 0"));
        CHECK(has(script, "'/thing/paint:--colour') printf '%s\\n' 'words red green'"));
        CHECK(has(script, "'/thing/paint:-c') printf '%s\\n' 'words red green'"));
        CHECK(has(script, "'/thing/paint:1') printf '%s\\n' 'collection'"));
        CHECK(has(script, "'/thing/paint:--embedded') printf '%s\\n' 'directory'"));
        CHECK(has(script, "Things that don'\\''t exist"));
    }
    const std::string fish = fish_completion(example.cli);
    CHECK(has(fish, "case '/thing/paint:--colour'\n            printf '%s\\n' 'words red green'"));
}
